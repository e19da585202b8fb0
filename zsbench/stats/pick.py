"""What a search gets that trains only the network a proxy ranks first: its accuracy, over ties and over random draws.

Ties are broken by lot, never by file order: every value is the expectation over equally likely orders of tied networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zsbench.stats.estimate import Floats, Ints


@dataclass(frozen=True)
class Pick:
    """The networks that share the highest score among n."""

    accuracy: float
    """Mean accuracy of the tied ones: the expectation over which of them is taken."""
    low: float
    high: float
    """Lowest and highest accuracy among the tied ones."""
    tied: int
    """How many share the highest score."""
    rank: float
    """Mean rank of the tied ones by accuracy among the n, 1 = best; equal accuracies share the best of their ranks."""


def pick(score: Floats, truth: Floats) -> Pick:
    """Return what the highest of oriented, finite `score` (n,) picks by accuracy `truth` (n,); n at least 1."""
    best = truth[score == score.max()]
    better = len(truth) - np.searchsorted(np.sort(truth), best, side="right")
    return Pick(float(best.mean()), float(best.min()), float(best.max()), len(best), 1 + float(better.mean()))


@dataclass(frozen=True)
class DrawnPick:
    """What is picked from a random draw of networks."""

    mean: float
    """Over all draws and all orders of tied networks, exactly."""
    sd: float
    """From one draw to another."""


def pick_from_draws(score: Floats, truth: Floats, size: int) -> DrawnPick:
    """Return what the highest `score` picks in random draws of `size` out of n networks, without replacement.

    The highest score drawn is that of a group of tied networks if no higher one is drawn but one of the group is:
    C(n - above, size) / C(n, size), less the same with the group counted as above. Raises `ValueError` unless
    1 <= size <= n.
    """
    n = len(score)
    if not 1 <= size <= n:
        msg = f"no draw of {size} out of {n} networks"
        raise ValueError(msg)
    _, group, sizes = np.unique(-score, return_inverse=True, return_counts=True)
    none_drawn = _none_drawn(n, size)[np.concatenate(([0], np.cumsum(sizes)))]
    chance = none_drawn[:-1] - none_drawn[1:]
    centre = float(truth.mean())
    apart = truth - centre
    mean = float(chance @ (np.bincount(group, weights=apart) / sizes))
    square = float(chance @ (np.bincount(group, weights=apart * apart) / sizes))
    return DrawnPick(centre + mean, math.sqrt(max(square - mean * mean, 0.0)))


def _none_drawn(n: int, size: int) -> Floats:
    """Return (n + 1,) the probability that none of given 0 ... n networks is in a draw."""
    given: Ints = np.arange(n)
    return np.concatenate(([1.0], np.cumprod(np.maximum(n - size - given, 0) / (n - given))))
