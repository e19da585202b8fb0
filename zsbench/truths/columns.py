"""A column of truth as a reader of files gives it, and the mean of repeated trainings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TruthColumn:
    """One column to store: `values` (n,) in per cent, NaN where unknown; `seeds` (n, runs) where known."""

    dataset: str
    target: str
    what: str
    """What was trained and measured, in words."""
    values: NDArray[np.float64]
    seeds: NDArray[np.float64] | None = field(default=None, repr=False)


def mean_over_seeds(seeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n,) the mean of the known runs of (n, runs), NaN where there is none.

    Rounded to four decimals, which merges no two different accuracies (steps are 100 / (6 * images) or more) and
    removes float noise, so that equal accuracies tie.
    """
    known = np.isfinite(seeds)
    count = known.sum(axis=1)
    total = np.where(known, seeds, 0.0).sum(axis=1)
    mean: NDArray[np.float64] = np.round(np.divide(total, count, out=np.full(len(seeds), np.nan), where=count > 0), 4)
    return mean
