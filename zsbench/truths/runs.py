"""Accuracies of single trainings, collected run by run from an official file, and made into columns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import ZsbenchError
from zsbench.spaces.base import PER_CENT, Quantity
from zsbench.truths.columns import TruthColumn, mean_over_seeds


class Runs:
    """Values by column (any key), seed and architecture."""

    def __init__(self, size: int, path: Path) -> None:
        """Collect for a space of `size` architectures what the file at `path` holds."""
        self._size = size
        self._path = path
        self._of: dict[Hashable, dict[int, NDArray[np.float64]]] = {}

    def __contains__(self, key: Hashable) -> bool:
        """Return whether a column has any value."""
        return key in self._of

    def add(self, key: Hashable, seed: int, index: int, value: float, quantity: Quantity = PER_CENT) -> None:
        """Keep one value; raise `ValueError` if it isn't what the quantity can be."""
        quantity.check(value)
        seeds = self._of.setdefault(key, {})
        if seed not in seeds:
            seeds[seed] = np.full(self._size, np.nan)
        seeds[seed][index] = value

    def seeds(self, key: Hashable) -> Sequence[int]:
        """Return the seeds of a column, lowest first."""
        return sorted(self._of[key])

    def column(self, key: Hashable, dataset: str, target: str, what: str, quantity: Quantity = PER_CENT) -> TruthColumn:
        """Return the mean over seeds, and the single runs in order of their seeds.

        Raise `ZsbenchError` if all are fractions where per cent are due.
        """
        runs: NDArray[np.float64] = np.stack([self._of[key][seed] for seed in self.seeds(key)], axis=1)
        if quantity == PER_CENT and np.nanmax(runs) <= 1:
            raise ZsbenchError(
                f"{self._path} has no accuracies in per cent: {dataset} {target} lies between {np.nanmin(runs):g} and "
                f"{np.nanmax(runs):g}",
                "fractions? The official file has per cent",
            )
        return TruthColumn(dataset, target, what, mean_over_seeds(runs), runs)
