"""`make fidelity`: score cells whose scores are published, compare, and write results/tables/fidelity.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from fidelity import AT_LEAST, NOISY, Agreement, agreements, as_table, chosen_cells, score_cells

from zsbench.cli.output import Format, emit, note

RESULTS = Path("results") / "fidelity"


def main() -> int:
    """Run; return 4 if a threshold is not met, as `zsbench` does for differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=300, help="cells compared")
    parser.add_argument("--noisy", type=int, default=60, help="cells scored over five seeds for the noisy proxies")
    parser.add_argument("--report", type=Path, default=Path("results") / "tables" / "fidelity.md")
    options = parser.parse_args()
    if "ZSBENCH_REFERENCE" not in os.environ:
        note("fidelity needs the reference data: set ZSBENCH_REFERENCE to its folder")
        return 2
    reference = Path(os.environ["ZSBENCH_REFERENCE"]).resolve()
    found = compare(reference, options.networks, tuple(name for name in AT_LEAST if name != "l2_norm"), "0")
    # Noise of the draw decides within equal numbers of convolutions; five seeds cost next to nothing here.
    found += compare(reference, options.networks, ("l2_norm",), "0-4")
    found += compare(reference, options.noisy, NOISY, "0-4")
    table = as_table(
        found,
        "Agreement with the published scores of NAS-Bench-Suite-Zero, NAS-Bench-201, CIFAR-10",
        (
            "Spearman's rho over the same cells; ours: unified protocol, batch 64 of real CIFAR-10 images.",
            "Thresholds were set before the first run. Noisy proxies are reported over seeds, not judged.",
            "Made by: make fidelity.",
        ),
    )
    emit(table)
    emit(table, Format.MD, options.report)
    return 4 if any(one.verdict == "NOT MET" for one in found) else 0


def compare(reference: Path, networks: int, names: tuple[str, ...], seeds: str) -> list[Agreement]:
    """Score what is missing, then compare."""
    cells = chosen_cells(reference, networks)
    note(f"{len(cells)} cells, seeds {seeds}: {', '.join(names)}")
    score_cells(reference, cells, names, seeds, RESULTS)
    return agreements(reference, cells, names, RESULTS)


if __name__ == "__main__":
    sys.exit(main())
