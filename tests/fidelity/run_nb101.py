"""`make fidelity-nb101`: score published cells of NAS-Bench-101, compare, write results/tables/fidelity-nb101.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nb101
import suite_zero
from fidelity import score_cells

from zsbench.cli.output import note

RESULTS = Path("results") / "fidelity"


def main() -> int:
    """Run; return 2 without reference data, else as `suite_zero.tell`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--static", action="store_true", help="only proxies that send no batch through the network")
    parser.add_argument("--grasp", action="store_true", help="grasp, too, which takes as long as all others")
    parser.add_argument("--cells", type=int, help="compare fewer cells, from small to large (default: all 173)")
    parser.add_argument("--report", type=Path, default=Path("results") / "tables" / "fidelity-nb101.md")
    options = parser.parse_args()
    if (reference := suite_zero.reference_folder()) is None:
        return 2
    names = nb101.STATIC
    if not options.static:
        names += nb101.PUBLISHED_NEGATIVE + nb101.REPORTED
    if options.grasp:
        names += ("grasp",)
    cells = nb101.spread_over_sizes(reference, options.cells)
    note(f"{len(cells)} cells: {', '.join(names)}")
    score_cells(reference, cells, names, "0", RESULTS, space="nb101")
    found = nb101.agreements(reference, cells, names, RESULTS)
    return suite_zero.tell(found, nb101.as_table(found), options.report)


if __name__ == "__main__":
    sys.exit(main())
