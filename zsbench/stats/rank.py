"""Kendall's tau in its variants and Spearman's rho with distribution-free errors, ties included, in O(n log n).

The errors come from the exact delete-one jackknife: what each correlation would be without any one network follows
from that network's pair counts, so n correlations cost little more than one.
"""

from __future__ import annotations

import math

import numpy as np

from zsbench.stats.estimate import Estimate, Floats, Ints, LeftOut, undefined
from zsbench.stats.pairs import Pairs, Ranking


def kendall(x: Floats, y: Floats) -> Estimate:
    """Return Kendall's tau-b (Biometrika 1945) of finite `x` and `y` (n,); undefined for n < 3 or constants."""
    return undefined(x, y) or kendall_of(Pairs.of(x, y)).estimate()


def spearman(x: Floats, y: Floats) -> Estimate:
    """Return Spearman's rho (average ranks) of finite `x` and `y` (n,); undefined for n < 3 or constants."""
    return undefined(x, y) or spearman_of(Pairs.of(x, y)).estimate()


def kendall_of(pairs: Pairs) -> LeftOut:
    """Return tau-b of pairs already ranked, at least 3 and neither variable constant."""
    c, a, b = pairs.concordance, pairs.x.untied, pairs.y.untied
    value = _ratio(c.sum(), a.sum(), b.sum())
    # A network left out takes its pairs from the counts of all others as well.
    return LeftOut(float(value), _ratio(c.sum() - 2 * c, a.sum() - 2 * a, b.sum() - 2 * b))


def partial_tau(xy: LeftOut, xz: LeftOut, yz: LeftOut) -> LeftOut:
    """Return Kendall's partial tau (Biometrika 1942) of x and y given z, from the tau-b of each pair.

    How far x ranks as y does where z cannot tell; NaN where z ranks exactly as x or as y.
    """

    def given(first: Floats, second: Floats, third: Floats) -> Floats:
        scale = np.sqrt((1 - second**2) * (1 - third**2))
        return np.clip((first - second * third) / np.where(scale > 0, scale, math.nan), -1.0, 1.0)

    value = given(*(np.array([one.value]) for one in (xy, xz, yz)))
    return LeftOut(float(value[0]), given(xy.left_out, xz.left_out, yz.left_out))


def tau_a_of(pairs: Pairs) -> LeftOut:
    """Return tau-a (Kendall, Biometrika 1938): concordant minus discordant among all pairs, ties counting 0."""
    c = pairs.concordance
    n = len(c)
    return LeftOut(float(c.sum() / (n * (n - 1))), (c.sum() - 2 * c) / ((n - 1) * (n - 2)))


def tau_c_of(pairs: Pairs) -> LeftOut:
    """Return tau-c (Stuart, Biometrika 1953): for scores with few values, m = the fewer distinct values of the two."""
    c, x, y = pairs.concordance, pairs.x, pairs.y
    n = len(c)
    # A network with a value of its own takes that value away when it is left out.
    fewer = np.minimum(len(x.sizes) - (x.tied == 1), len(y.sizes) - (y.tied == 1))
    value = _stuart(c.sum(), n, np.minimum(len(x.sizes), len(y.sizes)))
    return LeftOut(float(value), _stuart(c.sum() - 2 * c, n - 1, fewer))


def weighted_tau_of(pairs: Pairs) -> Estimate:
    """Return the additive hyperbolic weighted tau (Vigna, WWW 2015), mean of both rankings; no error is known for it.

    A pair weighs 1/r + 1/s for networks ranked r and s, once by score (ties by truth), once by truth (ties by score);
    the mean of both, as `scipy.stats.weightedtau` has it by default. File order never matters: what is tied in both
    gives no pair.
    """
    x, y = pairs.x, pairs.y
    values = []
    for first, second in ((x.rank, y.rank), (y.rank, x.rank)):
        weight = np.empty(len(first))
        weight[np.lexsort((second, first))[::-1]] = 1 / np.arange(1, len(first) + 1)
        values.append(_ratio(weight @ pairs.concordance, weight @ x.untied, weight @ y.untied))
    return Estimate(float(np.mean(values)))


def spearman_of(pairs: Pairs) -> LeftOut:
    """Return rho of pairs already ranked, at least 3 and neither variable constant."""
    x, y = pairs.x, pairs.y
    u, v = x.centred, y.centred
    # Without network k, the others' centred ranks change by sign(x_i - x_k) and sign(y_i - y_k).
    product = u @ v - u * v - y.signed_sums(u) - x.signed_sums(v) + pairs.concordance
    value = _ratio(u @ v, u @ u, v @ v)
    return LeftOut(float(value), _ratio(product, _square_left_out(x), _square_left_out(y)))


def pearson(x: Floats, y: Floats) -> LeftOut:
    """Return Pearson's r of finite, not constant `x` and `y` (n,), at least 3."""
    u, v = _standardised(x), _standardised(y)
    # Removing k from centred sums takes off n / (n - 1) of its own product.
    product = u @ v - len(x) / (len(x) - 1) * u * v
    value = _ratio(u @ v, u @ u, v @ v)
    return LeftOut(float(value), _ratio(product, _variation_left_out(u), _variation_left_out(v)))


def _standardised(values: Floats) -> Floats:
    """Return centred values of order 1, so that no square overflows."""
    scaled = values / np.abs(values).max()
    centred: Floats = scaled - scaled.mean()
    scale: Floats = np.abs(centred).max()
    return centred / scale


def _variation_left_out(centred: Floats) -> Floats:
    """Return (n,) the sum of squares around the mean without each; 0 where only rounding is left of it."""
    n, total = len(centred), centred @ centred
    left = total - n / (n - 1) * centred * centred
    return np.where(left > 1e-13 * n * total, left, 0.0)


def _stuart(concordance: Ints, n: int, classes: Ints) -> Floats:
    m: Floats = np.where(classes > 1, classes, math.nan)
    return np.asarray(concordance, np.float64) * m / (n**2 * (m - 1))


def _square_left_out(ranking: Ranking) -> Ints:
    u = ranking.centred
    return u @ u - u * u - 2 * ranking.signed_sums(u) + ranking.untied


def _ratio(product: Ints | Floats, first: Ints | Floats, second: Ints | Floats) -> Floats:
    """Return product / sqrt(first * second), NaN where a variable is constant; never beyond +-1."""
    # The root of the product, not the product of roots: so a perfect correlation is exactly 1.
    scale = np.sqrt(np.maximum(np.asarray(first, np.float64) * np.asarray(second, np.float64), 0.0))
    return np.clip(np.asarray(product, np.float64) / np.where(scale > 0, scale, math.nan), -1.0, 1.0)


def null_stderr_shared(truth: Floats, source: Ints) -> float:
    """Return about the standard error of tau of unrelated scores where networks with an equal `source` share one.

    By the Hajek projection: a network counts by how many others its `truth` (n,) is above less how many it is below,
    and those that share a score by the sum of theirs. Without sharing and ties this is 2 / (3 sqrt(n)).
    """
    if (n := len(truth)) < 2:
        return math.nan
    ordered = np.sort(truth)
    above = np.searchsorted(ordered, truth, "left") - (n - np.searchsorted(ordered, truth, "right"))
    together = np.bincount(np.unique(source, return_inverse=True)[1], weights=above / n)
    return math.sqrt(4 / 3 * float(np.sum(together**2))) / n


def null_stderr(n: int) -> float:
    """Return the standard error of Kendall's tau between two unrelated rankings of n networks without ties."""
    return math.sqrt(2 * (2 * n + 5) / (9 * n * (n - 1))) if n > 1 else math.nan
