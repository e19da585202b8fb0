"""Parameters and multiply-accumulates that an official file states of single trainings, held against the networks'.

NATS-Bench's files state wrong ones for some runs, which means over runs take in (D-X-Y/NATS-Bench#36).
"""

from __future__ import annotations

import warnings
from pathlib import Path

from zsbench.errors import ZsbenchWarning
from zsbench.spaces.base import Space


class Stated:
    """What a file states otherwise than the space counts it."""

    def __init__(self, space: Space, path: Path) -> None:
        """Compare with a space what the file at `path` says."""
        self._path = path
        self._costs = {dataset.name: space.costs(dataset.name) for dataset in space.datasets}
        self._wrong: dict[str, set[int]] = {"params": set(), "flops": set()}

    def check(self, dataset: str, index: int, **millions: float) -> None:
        """Compare `params` and `flops` of one training, both in millions."""
        for name, stated in millions.items():
            if abs(float(stated) * 1e6 - self._costs[dataset][name][index]) > 0.5:
                self._wrong[name].add(index)

    def report(self) -> None:
        """Warn (`ZsbenchWarning`) of how many architectures have wrong ones."""
        for name, numbers in self._wrong.items():
            if numbers:
                warnings.warn(
                    f"{self._path.name} states other {name} than the networks have for {len(numbers):,} architectures, "
                    f"such as {min(numbers)}; zsbench uses its own",
                    ZsbenchWarning,
                    stacklevel=2,
                )
