"""Kendall's tau-b and Spearman's rho with distribution-free errors, ties included, in O(n log n).

Both errors come from the exact delete-one jackknife: what each correlation would be without any one network follows
from that network's pair counts, so n correlations cost little more than one.
"""

from __future__ import annotations

import math

import numpy as np

from zsbench.stats.estimate import Estimate, Floats, Ints, jackknifed, undefined
from zsbench.stats.pairs import Pairs, Ranking


def kendall(x: Floats, y: Floats) -> Estimate:
    """Return Kendall's tau-b (Biometrika 1945) of finite `x` and `y` (n,); undefined for n < 3 or constants."""
    return undefined(x, y) or kendall_of(Pairs.of(x, y))


def spearman(x: Floats, y: Floats) -> Estimate:
    """Return Spearman's rho (average ranks) of finite `x` and `y` (n,); undefined for n < 3 or constants."""
    return undefined(x, y) or spearman_of(Pairs.of(x, y))


def kendall_of(pairs: Pairs) -> Estimate:
    """Return tau-b of pairs already ranked, at least 3 and neither variable constant."""
    c, a, b = pairs.concordance, pairs.x.untied, pairs.y.untied
    value = _ratio(c.sum(), a.sum(), b.sum())
    # A network left out takes its pairs from the counts of all others as well.
    return jackknifed(float(value), _ratio(c.sum() - 2 * c, a.sum() - 2 * a, b.sum() - 2 * b))


def spearman_of(pairs: Pairs) -> Estimate:
    """Return rho of pairs already ranked, at least 3 and neither variable constant."""
    x, y = pairs.x, pairs.y
    u, v = x.centred, y.centred
    # Without network k, the others' centred ranks change by sign(x_i - x_k) and sign(y_i - y_k).
    product = u @ v - u * v - y.signed_sums(u) - x.signed_sums(v) + pairs.concordance
    value = _ratio(u @ v, u @ u, v @ v)
    return jackknifed(float(value), _ratio(product, _square_left_out(x), _square_left_out(y)))


def _square_left_out(ranking: Ranking) -> Ints:
    u = ranking.centred
    return u @ u - u * u - 2 * ranking.signed_sums(u) + ranking.untied


def _ratio(product: Ints, first: Ints, second: Ints) -> Floats:
    """Return product / sqrt(first * second), NaN where a variable is constant; never beyond +-1."""
    # The root of the product, not the product of roots: so a perfect correlation is exactly 1.
    scale = np.sqrt(np.asarray(first, np.float64) * np.asarray(second, np.float64))
    return np.clip(np.asarray(product, np.float64) / np.where(scale > 0, scale, math.nan), -1.0, 1.0)


def null_stderr(n: int) -> float:
    """Return the standard error of Kendall's tau between two unrelated rankings of n networks without ties."""
    return math.sqrt(2 * (2 * n + 5) / (9 * n * (n - 1))) if n > 1 else math.nan
