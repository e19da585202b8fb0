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
_Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """A value, its standard error and 95 % interval; NaN where undefined, then `reason` says why."""

    value: float
    stderr: float = NAN
    low: float = NAN
    high: float = NAN
    reason: str = ""


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


def jackknifed(value: float, left_out: Floats) -> Estimate:
    """Return a correlation with the delete-one jackknife error and the Fisher-transformed 95 % interval.

    `left_out` (n,) holds the correlation without each network in turn. The jackknife needs no distribution and is
    consistent for smooth functions of U-statistics, which tau-b and rho are (Arvesen, Ann. Math. Statist. 1969).
    Where every `left_out` equals the value (a perfect correlation) it sees no variation: no interval is given.
    """
    n = len(left_out)
    stderr = math.sqrt((n - 1) / n * float(np.sum((left_out - left_out.mean()) ** 2)))
    if not math.isfinite(stderr) or abs(value) >= 1:
        return Estimate(value, stderr=stderr)
    middle, half = math.atanh(value), _Z95 * stderr / (1 - value**2)
    return Estimate(value, stderr, math.tanh(middle - half), math.tanh(middle + half))
