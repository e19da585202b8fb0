"""Is one proxy better than another on the same networks? The difference of two correlations, and its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.stats.estimate import NAN, Z95, Estimate, LeftOut, jackknife_stderr, same_source


@dataclass(frozen=True)
class Difference:
    """One proxy's correlation minus another's on the n networks where both have a number."""

    estimate: Estimate
    n: int = 0
    p: float = NAN
    """Two-sided, of the hypothesis that the two are equally good; NaN where undefined."""
    p_holm: float = NAN
    """The same, corrected for all comparisons of the table (Holm)."""


def difference(first: LeftOut, second: LeftOut) -> Difference:
    """Return `first` minus `second`, correlations of two scores of the same networks with the same truth.

    The jackknife leaves each network out of both at once, so that what the two have in common cancels; it assumes no
    distribution (Arvesen, Ann. Math. Statist. 1969). Interval and p are those of the normal distribution. Where the
    rankings are identical, the difference is 0 and p is 1.
    """
    value, changes = first.value - second.value, first.left_out - second.left_out
    n = len(changes)
    stderr = jackknife_stderr(changes, same_source(first.source, second.source))
    if math.isfinite(stderr) and (stderr > 0 or value == 0):
        p = math.erfc(abs(value) / stderr / math.sqrt(2)) if stderr else 1.0
        return Difference(Estimate(value, stderr, value - Z95 * stderr, value + Z95 * stderr), n, p)
    return Difference(Estimate(value, stderr, reason="leaving networks out says nothing of its error"), n)


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected so that any false positive among them is as rare as stated (Holm, 1979); NaN stays."""
    values = np.asarray(p, np.float64)
    tested = np.flatnonzero(np.isfinite(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    corrected = np.full(len(values), NAN)
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return corrected.tolist()
