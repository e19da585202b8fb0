"""`make fidelity-nb101`: score published cells of NAS-Bench-101, compare, write results/tables/fidelity-nb101.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import nb101
from fidelity import score_cells

from zsbench.cli.output import Format, emit, note

RESULTS = Path("results") / "fidelity"


def main() -> int:
    """Run; return 4 if what was asked for does not hold, as `zsbench` does for differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--static", action="store_true", help="only proxies that send no batch through the network")
    parser.add_argument("--cells", type=int, help="compare fewer cells, from small to large (default: all 173)")
    parser.add_argument("--report", type=Path, default=Path("results") / "tables" / "fidelity-nb101.md")
    options = parser.parse_args()
    if "ZSBENCH_REFERENCE" not in os.environ:
        note("fidelity needs the reference data: set ZSBENCH_REFERENCE to its folder")
        return 2
    reference = Path(os.environ["ZSBENCH_REFERENCE"]).resolve()
    names = nb101.STATIC if options.static else (*nb101.STATIC, *nb101.PUBLISHED_NEGATIVE, *nb101.REPORTED)
    cells = nb101.spread_over_sizes(reference, options.cells)
    note(f"{len(cells)} cells: {', '.join(names)}")
    score_cells(reference, cells, names, "0", RESULTS, space="nb101")
    found = nb101.agreements(reference, cells, names, RESULTS)
    table = nb101.as_table(found)
    emit(table)
    emit(table, Format.MD, options.report)
    return 4 if any(one.fails for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
