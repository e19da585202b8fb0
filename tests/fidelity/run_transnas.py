"""`make fidelity-transnas`: score published cells of TransNAS-Bench-101, write results/tables/fidelity-transnas.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import suite_zero
import transnas
from fidelity import score_cells

from zsbench.cli.output import note

RESULTS = Path("results") / "fidelity"


def main() -> int:
    """Run; return 2 without reference data, else as `suite_zero.tell`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=40, help="cells compared, from small to large")
    parser.add_argument("--report", type=Path, default=Path("results") / "tables" / "fidelity-transnas.md")
    options = parser.parse_args()
    if (reference := suite_zero.reference_folder()) is None:
        return 2
    names = (*transnas.STATIC, *transnas.MEASURED)
    cells = transnas.spread_over_sizes(reference, options.cells)
    note(f"{len(cells)} cells: {', '.join(names)}")
    of = {"space": transnas.SPACE, "dataset": transnas.TASK}
    score_cells(reference, cells, names, "0", RESULTS, **of, batch_size=transnas.BATCH)
    found = transnas.agreements(reference, cells, names, RESULTS)
    return suite_zero.tell(found, transnas.as_table(found), options.report)


if __name__ == "__main__":
    sys.exit(main())
