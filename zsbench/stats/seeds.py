"""One proxy scored under several seeds: how much its correlation, and its scores, hang on the seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.stats.estimate import NAN, Estimate, Floats, LeftOut, jackknife_stderr, undefined
from zsbench.stats.pairs import Ranking
from zsbench.stats.statistic import Compared, Statistic


@dataclass(frozen=True)
class OverSeeds:
    """A statistic of S seeds on the same n networks."""

    mean: Estimate
    """Mean over seeds; its error has both networks and seeds in it."""
    sd: float
    """Standard deviation over seeds."""


def over_seeds(
    scores: Floats, truth: Floats, statistic: Statistic, costs: Mapping[str, Floats] | None = None
) -> OverSeeds:
    """Return a statistic's mean and spread over the seeds of `scores` (S, n), S at least 2; `truth` and `costs` (n,).

    The variance of the mean is that of its own jackknife over networks plus the seeds' (sd^2 / S). What seeds do to
    each network apart is in both, so the interval is rather too wide than too narrow.
    """
    for one in scores:
        if nothing := undefined(one, truth):
            return OverSeeds(nothing, NAN)
    each = [Compared(one, truth, costs=costs or {}) for one in scores]
    if statistic.leaving_out is None:
        found = [statistic.compute(one) for one in each]
        reason = next((one.reason for one in found if one.reason), "")
        values = np.array([one.value for one in found])
        return OverSeeds(Estimate(float(values.mean()), reason=reason), float(values.std(ddof=1)))
    return _correlation([statistic.leaving_out(one) for one in each])


def _correlation(found: Sequence[LeftOut]) -> OverSeeds:
    values = np.array([one.value for one in found])
    sd, mean = float(values.std(ddof=1)), float(values.mean())
    left_out: Floats = np.mean([one.left_out for one in found], axis=0)
    stderr = math.hypot(jackknife_stderr(left_out), sd / math.sqrt(len(found)))
    return OverSeeds(Estimate.of_correlation(mean, stderr), sd)


def rank_variances(scores: Floats) -> tuple[float, float]:
    """Return the variance between networks and the variance within a network over seeds, of `scores` (S, n).

    Of ranks as shares of n, since scores span magnitudes; one-way analysis of variance (networks random), unbiased. The
    first by their sum is the intraclass correlation: 1 where the seed changes no ranking, about 0 where it decides it.
    """
    seeds, n = scores.shape
    # Average ranks: centred ones are twice the distance from the middle.
    ranks = np.array([Ranking.of(one).centred for one in scores]) / (2 * n)
    mean = ranks.mean(axis=0)
    within = float(((ranks - mean) ** 2).sum() / (n * (seeds - 1)))
    between = float(mean.var(ddof=1)) - within / seeds
    return between, within
