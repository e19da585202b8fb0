"""A statistic's value with its uncertainty, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

NAN = math.nan
Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """A value, its standard error and 95 % interval; NaN where undefined, then `reason` says why."""

    value: float
    stderr: float = NAN
    low: float = NAN
    high: float = NAN
    reason: str = ""

    @classmethod
    def of_correlation(cls, value: float, stderr: float) -> Estimate:
        """Return a correlation with its Fisher-transformed 95 % interval; without one if it is perfect."""
        if not math.isfinite(stderr) or abs(value) >= 1:
            return cls(value, stderr=stderr)
        middle, half = math.atanh(value), Z95 * stderr / (1 - value**2)
        return cls(value, stderr, math.tanh(middle - half), math.tanh(middle + half))


def undefined(x: Floats, y: Floats) -> Estimate | None:
    """Return the estimate that says why `x` cannot be set against `y` (n,), or None if it can."""
    if not len(x):
        return Estimate(NAN, reason="no network has a score")
    if len(x) < 3:
        return Estimate(NAN, reason=f"{len(x)} networks are too few (at least 3)")
    if x.min() == x.max():
        return Estimate(NAN, reason="every network has the same score")
    if y.min() == y.max():
        return Estimate(NAN, reason="every network has the same accuracy")
    return None


def jackknife_stderr(left_out: Floats, source: Ints | None = None) -> float:
    """Return the delete-one jackknife error of a number, given (n,) the number without each network in turn.

    Networks with an equal `source` (n,) share one score: they are left out together, which changes the number by the
    sum of what leaving out each one changes, to first order in their share of all.
    """
    changes = left_out - left_out.mean()
    if source is not None:
        changes = np.bincount(np.unique(source, return_inverse=True)[1], weights=changes)
    n = len(changes)
    return math.sqrt((n - 1) / n * float(np.sum(changes**2)))


def same_source(*sources: Ints | None) -> Ints | None:
    """Return (n,) numbers that are equal where two networks share a source by any of `sources`, also by way of others.

    None where all sources are None: every network has scores of its own.
    """
    known = [np.unique(source, return_inverse=True)[1] for source in sources if source is not None]
    if len(known) < 2:
        return known[0] if known else None
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(known[0])
    starts = n + np.cumsum([0, *(int(source.max(initial=-1)) + 1 for source in known)])
    ends = np.concatenate([start + source for start, source in zip(starts, known, strict=False)])
    edges = (np.ones(len(ends), bool), (np.tile(np.arange(n), len(known)), ends))
    _, together = connected_components(coo_array(edges, shape=(starts[-1], starts[-1])), directed=False)
    return together[:n].astype(np.int64)


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A correlation with what it would be without each network in turn: all that errors and comparisons need."""

    value: float
    left_out: Floats
    """(n,) NaN where the rest is constant."""
    source: Ints | None = None
    """(n,) equal numbers for networks that share one score; None if each has its own."""

    @property
    def stderr(self) -> float:
        """The jackknife error."""
        return jackknife_stderr(self.left_out, self.source)

    def estimate(self) -> Estimate:
        """Return the correlation with its jackknife error and the Fisher-transformed 95 % interval.

        The jackknife needs no distribution and is consistent for smooth functions of U-statistics, which tau-b and rho
        are (Arvesen, Ann. Math. Statist. 1969). Where every `left_out` equals the value (a perfect correlation) it
        sees no variation: no interval is given.
        """
        return Estimate.of_correlation(self.value, self.stderr)
