"""`make fidelity-transnas`: score published cells of TransNAS-Bench-101, write results/tables/fidelity-transnas.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import transnas
from fidelity import score_cells

from zsbench.cli.output import Format, emit, note

RESULTS = Path("results") / "fidelity"


def main() -> int:
    """Run; return 4 if what was asked for does not hold, as `zsbench` does for differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=40, help="cells compared, from small to large")
    parser.add_argument("--report", type=Path, default=Path("results") / "tables" / "fidelity-transnas.md")
    options = parser.parse_args()
    if "ZSBENCH_REFERENCE" not in os.environ:
        note("fidelity needs the reference data: set ZSBENCH_REFERENCE to its folder")
        return 2
    reference = Path(os.environ["ZSBENCH_REFERENCE"]).resolve()
    names = (*transnas.STATIC, *transnas.MEASURED)
    cells = transnas.spread_over_sizes(reference, options.cells)
    note(f"{len(cells)} cells: {', '.join(names)}")
    of = {"space": transnas.SPACE, "dataset": transnas.TASK}
    score_cells(reference, cells, names, "0", RESULTS, **of, batch_size=transnas.BATCH)
    found = transnas.agreements(reference, cells, names, RESULTS)
    table = transnas.as_table(found)
    emit(table)
    emit(table, Format.MD, options.report)
    return 4 if any(one.fails for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
