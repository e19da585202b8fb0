"""The noise ceiling: what a perfect proxy would reach, since the truth itself carries the noise of training.

A perfect proxy knows the accuracy mu that a network has on average over trainings; the truth is mu plus the noise of
the few trainings it is a mean of. Truth against truth plus more noise would overstate what can be known, most of all
among the best networks, where selection has favoured the lucky. So mu is inferred by empirical Bayes (Robbins, 1956):
the noise is measured; how mu is spread over networks is the non-parametric maximum likelihood estimate (Kiefer and
Wolfowitz, Ann. Math. Statist. 1956; by EM, Laird, JASA 1978); then every network has a posterior of mu given its
truth, which selecting networks by their truth does not bias. The ceiling is the mean of a statistic between draws of mu
from the posteriors and the truth, on the networks of the regime. In simulations it is right to some .01 over all
networks, and to some .05 in the top 5 %, where next to nothing can be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zsbench.conditions import derived_seed
from zsbench.stats.estimate import Floats, Ints
from zsbench.stats.statistic import Statistic, evaluate

DRAWS = 10
_BINS = 400
_STEPS = 100
"""Of EM: enough to sharpen the spread where noise matters, too few to fit noise as spikes."""
_NEIGHBOURS = 0.02
"""Share of the networks, nearest in truth, whose noise is pooled; at least `_FEWEST`."""
_FEWEST = 60


@dataclass(frozen=True, eq=False)
class NoisyTruth:
    """Accuracies with the variance of their noise, both (n,) and finite."""

    value: Floats
    variance: Floats


def from_runs(value: Floats, runs: Floats) -> NoisyTruth | None:
    """Return means of single `runs` (n, runs; NaN-padded) with the variance of each mean; None without repeated runs.

    The variance of a run is pooled over networks of about the same accuracy, as it differs much between good and bad.
    """
    count = np.isfinite(runs).sum(axis=1)
    mean = np.where(runs, runs, 0).sum(axis=1, where=np.isfinite(runs)) / np.maximum(count, 1)
    squares = ((runs - mean[:, None]) ** 2).sum(axis=1, where=np.isfinite(runs))
    variance = _pooled(value, squares, np.maximum(count - 1, 0))
    return None if variance is None else NoisyTruth(value, variance / np.maximum(count, 1))


def from_twins(value: Floats, representative: Ints) -> NoisyTruth | None:
    """Return accuracies with the variance of their noise, from equal networks trained apart; None without twins.

    `representative` (n,) is equal for equal networks: what their accuracies differ by is noise.
    """
    _, group, sizes = np.unique(representative, return_inverse=True, return_counts=True)
    mean = np.bincount(group, weights=value) / sizes
    # Every network carries its share of its class's squares and degrees of freedom. Nearest is meant by the mean of the
    # class: a network's own value says how lucky it was.
    variance = _pooled(mean[group], (value - mean[group]) ** 2, (1 - 1 / sizes)[group])
    return None if variance is None else NoisyTruth(value, variance)


def _pooled(near: Floats, squares: Floats, freedom: Floats | Ints) -> Floats | None:
    """Return (n,) sum of squares by degrees of freedom among the nearest in `near`; None if nothing is repeated."""
    if not freedom.sum() or not squares.sum():
        return None
    n = len(near)
    order = np.argsort(near, kind="stable")
    half = max(_FEWEST, int(_NEIGHBOURS * n)) // 2
    first, last = np.maximum(np.arange(n) - half, 0), np.minimum(np.arange(n) + half + 1, n)
    summed, free = (np.concatenate(([0.0], np.cumsum(each[order]))) for each in (squares, freedom))
    with np.errstate(invalid="ignore", divide="ignore"):
        local = (summed[last] - summed[first]) / (free[last] - free[first])
    everywhere = squares.sum() / freedom.sum()
    pooled = np.empty(n)
    pooled[order] = np.where(np.isfinite(local) & (local > 0), local, everywhere)
    return pooled


def ceiling(
    statistics: Sequence[Statistic], truth: NoisyTruth, kept: Ints, costs: Mapping[str, Floats] | None = None
) -> list[float]:
    """Return what a perfect proxy would reach in each statistic on the networks at the places `kept` of `truth`.

    `costs` are those of the networks kept, for partial correlations.
    """
    value, spread = truth.value, np.sqrt(truth.variance)
    grid, weight = _spread_of_mu(value.tobytes(), spread.tobytes())
    posterior = _likelihood(value[kept], spread[kept], grid) * weight
    upto = np.cumsum(posterior, axis=1)
    gap = np.gradient(grid) if len(grid) > 1 else np.ones(1)
    generator = np.random.default_rng(derived_seed("ceiling", len(value), len(kept)))
    found = np.empty((DRAWS, len(statistics)))
    for draw in range(DRAWS):
        at = (upto < generator.random((len(kept), 1)) * upto[:, -1:]).sum(axis=1)
        mu = grid[at] + gap[at] * (generator.random(len(kept)) - 0.5)
        found[draw] = [estimate.value for estimate in evaluate(statistics, mu, value[kept], 0, costs)]
    mean: list[float] = found.mean(axis=0).tolist()
    return mean


@lru_cache(maxsize=4)
def _spread_of_mu(value: bytes, spread: bytes) -> tuple[Floats, Floats]:
    """Return a grid of mu and the share of networks at each; kept, as every regime of a truth asks for the same.

    The arguments are the bytes of (n,) truths and of the standard deviations of their noise.
    """
    values = np.frombuffer(value)
    edges = np.quantile(values, np.linspace(0, 1, min(_BINS, len(values)) + 1))
    grid = np.unique((edges[:-1] + edges[1:]) / 2)
    return grid, _prior(values, np.frombuffer(spread), grid)


def _prior(value: Floats, spread: Floats, grid: Floats) -> Floats:
    """Return (grid,) the share of networks with each mu: the non-parametric maximum likelihood estimate by EM."""
    order = np.argsort(value, kind="stable")
    # Networks of about the same truth have about the same likelihood: one of each few stands for them.
    chosen = order[np.unique(np.linspace(0, len(order) - 1, 3 * _BINS).astype(int))]
    likelihood = _likelihood(value[chosen], spread[chosen], grid)
    weight = np.full(len(grid), 1 / len(grid))
    for _ in range(_STEPS):
        weight = weight * (likelihood.T @ (1 / (likelihood @ weight))) / len(chosen)
    return weight


def _likelihood(value: Floats, spread: Floats, grid: Floats) -> Floats:
    """Return (n, grid) the density of each truth for each mu, scaled to a maximum of 1 a network."""
    log = -0.5 * ((value[:, None] - grid) / spread[:, None]) ** 2
    likelihood: Floats = np.exp(log - log.max(axis=1, keepdims=True))
    return likelihood
