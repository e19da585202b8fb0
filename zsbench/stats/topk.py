"""What a proxy's best k networks are worth: overlap with the true best, best rank reached, accuracy given away.

Ties in the proxy are broken by lot, never by file order: every statistic is the exact expectation over all equally
likely orders of tied networks (k networks of which m tied ones share the last r places: hypergeometric). Ties in the
truth: the true top k is drawn by lot as well (independently); tied networks share the best rank of their group.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from zsbench.stats.estimate import NAN, Estimate, Floats, undefined
from zsbench.stats.rank import kendall


@dataclass(frozen=True)
class Top:
    """How many networks count as the best: a count, or a share of those ranked (rounded up)."""

    count: int | None = None
    share: Fraction | None = None

    def of(self, n: int) -> int:
        """Return the count among n networks; may exceed n if it was given as a count."""
        return self.count if self.count is not None else math.ceil((self.share or 0) * n)


def precision_at(x: Floats, y: Floats, top: Top) -> Estimate:
    """Return P@k: the expected share of the proxy's top k that is in the true top k (Ning et al., NeurIPS 2021).

    Their code, and that of NAS-Bench-Suite-Zero, cuts by file order where networks tie and rounds a share of n down.
    """
    k = top.of(len(x))
    return _too_few(x, y, k) or Estimate(float(_inclusion(x, k) @ _inclusion(y, k)) / k)


def best_rank_at(x: Floats, y: Floats, top: Top) -> Estimate:
    """Return the best rank at k: the expected best true rank (1 = best) in the proxy's top k (Ning et al., 2021).

    A rank, as a search would meet it; their code gives that and the rank by n, NAS-Bench-Suite-Zero the latter.
    """
    k = top.of(len(x))
    if (nothing := _too_few(x, y, k)) is not None:
        return nothing
    rank = 1 + len(y) - np.searchsorted(np.sort(y), y, side="right")
    return Estimate(float(_best_of_top(x, y, k) @ rank))


def regret_at(x: Floats, y: Floats, top: Top) -> Estimate:
    """Return the best accuracy there is minus the expected best in the proxy's top k, in the unit of `y`."""
    k = top.of(len(x))
    return _too_few(x, y, k) or Estimate(float(_best_of_top(x, y, k) @ (y.max() - y)))


def hit_rate_at(x: Floats, y: Floats, top: Top) -> Estimate:
    """Return the probability that the proxy's top k holds the truly best network (any of them, if several are)."""
    k = top.of(len(x))
    return _too_few(x, y, k) or Estimate(float(_best_of_top(x, y, k)[y == y.max()].sum()))


def ndcg_at(x: Floats, y: Floats, top: Top) -> Estimate:
    """Return nDCG@k of accuracies `y` in per cent, as VKDNW has it (Tybl and Neumann, CVPR 2025).

    The sum over the proxy's top k, j = 1 ... k, of (2^accuracy - 1) / log2(1 + j), accuracies in per cent, divided by
    the same sum for the true top k (cumulated gain after Jaervelin and Kekaelaeinen, 2002): one per cent of accuracy
    halves a network's worth, so that hardly more than the best few per cent count. What they print for NAS-Bench-201
    has k = 1,000 (FLOPs reproduce it). A network tied in the proxy gains the mean of those it is tied with: the
    expectation over their order.
    """
    k = top.of(len(x))
    if (nothing := _too_few(x, y, k)) is not None:
        return nothing
    if y.min() < 0:
        return Estimate(NAN, reason="nDCG is defined for accuracies in per cent, not for values below 0")
    gain = gains(y)
    _, group, sizes = np.unique(-x, return_inverse=True, return_counts=True)
    mean = np.bincount(group, weights=gain) / sizes
    by_score = np.repeat(mean, sizes)[:k]
    ideal = np.sort(gain)[::-1][:k]
    return Estimate(float(by_score @ discounts(k)) / float(ideal @ discounts(k)))


def gains(y: Floats) -> Floats:
    """Return what networks of accuracies `y` (n,) in per cent are worth to nDCG, as a share of the best one's worth."""
    gain: Floats = np.exp2(y - y.max()) - np.exp2(-y.max())
    return gain


def discounts(k: int) -> Floats:
    """Return (k,) what each of the first k ranks counts to nDCG."""
    discount: Floats = 1 / np.log2(np.arange(2, k + 2))
    return discount


def kendall_at(x: Floats, y: Floats, top: Top) -> Estimate:
    """Return Kendall's tau-b among the proxy's own top k, with all networks that are tied at its edge.

    KD at top k of Ning et al. (2021), whose code cuts tied networks by file order. What is left of the ranking where a
    search would choose; a regime such as `top5%` cuts by truth instead. The error is that of these networks,
    jackknifed.
    """
    k = top.of(len(x))
    if (nothing := _too_few(x, y, k)) is not None:
        return nothing
    kept = _inclusion(x, k) > 0
    found = kendall(x[kept], y[kept])
    return dataclasses.replace(found, reason=f"among the top {k}: {found.reason}") if found.reason else found


def _too_few(x: Floats, y: Floats, k: int) -> Estimate | None:
    if k > len(x):
        return Estimate(NAN, reason=f"k = {k} exceeds the {len(x)} networks")
    return undefined(x, y)


def _inclusion(x: Floats, k: int) -> Floats:
    """Return (n,) the probability that each network is among the k highest `x`."""
    threshold = np.partition(x, len(x) - k)[len(x) - k]
    above, tied = x > threshold, x == threshold
    return np.where(above, 1.0, np.where(tied, (k - above.sum()) / tied.sum(), 0.0))


def _best_of_top(x: Floats, y: Floats, k: int) -> Floats:
    """Return (n,) the probability that each network is the truly best among the k highest `x`."""
    inclusion = _inclusion(x, k)
    certain, by_lot = inclusion == 1, (inclusion > 0) & (inclusion < 1)
    probability = np.zeros(len(x))
    tied = np.flatnonzero(by_lot)
    tied = tied[np.argsort(-y[tied], kind="stable")]
    floor = -math.inf
    if certain.any():
        best = np.flatnonzero(certain)[np.argmax(y[certain])]
        floor, probability[best] = y[best], 1.0
    if len(tied):
        first = _first_drawn(len(tied), k - int(certain.sum()))
        probability[tied] = np.where(y[tied] > floor, first, 0.0)
        if certain.any():
            probability[best] = 1.0 - probability[tied].sum()
    return probability


def _first_drawn(m: int, r: int) -> Floats:
    """Return (m,) the probability that item j is the first in order of a random r-subset: C(m-1-j, r-1) / C(m, r)."""
    j = np.arange(m - 1)
    return r / m * np.concatenate(([1.0], np.cumprod(np.maximum(m - j - r, 0) / (m - 1 - j))))
