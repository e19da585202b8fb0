"""How far top-k statistics vary over networks: the bootstrap (Efron, Ann. Statist. 1979), vectorised over its draws.

Every draw takes n networks with replacement; which ones depends on n and the number of draws alone, so that equal data
give equal intervals, and all proxies of a table meet the same draws. Networks that share one score are drawn together,
as many groups as there are. Within a draw, copies of a network are tied with each other and with whatever the network
is tied with, and every statistic is the same expectation over random order of ties that `zsbench.stats.topk` defines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zsbench.conditions import derived_seed
from zsbench.stats.estimate import Estimate, Floats, Ints
from zsbench.stats.topk import discounts, gains

Counts: TypeAlias = NDArray[np.integer[Any]]
"""Small ones: as narrow as they may be, since there are millions."""
Single: TypeAlias = NDArray[np.float32]

LARGEST = 20_000
"""Networks beyond which nothing is drawn: the counts of 1,000 draws would take gigabytes."""
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Draws:
    """How often networks are drawn, and which ones together."""

    number: int
    source: bytes = b""
    """(n,) int64 as bytes: equal numbers for networks that share one score; empty if each has its own."""

    @classmethod
    def of(cls, number: int, source: Ints | None = None) -> Draws:
        """Return the draws of networks, of which those with an equal `source` (n,) go together."""
        if source is None:
            return cls(number)
        return cls(number, np.unique(source, return_inverse=True)[1].astype(np.int64).tobytes())


@dataclass(frozen=True, eq=False)
class Side:
    """One variable of the draws: its groups of tied networks from the best down, as far as they were wanted."""

    order: Ints
    """(m,) networks, best first; the first m of all n, whole groups."""
    group: Ints
    """(m,) the group of each, counted from the best."""
    copies: Counts
    """(groups, draws) networks drawn of each group."""
    before: Counts
    """(groups, draws) networks drawn of better groups."""

    def included(self, k: int) -> Single:
        """Return (groups, draws) the probability of each drawn network to be among the first k."""
        probability = np.ones(self.before.shape, np.float32)
        # Groups near the edge of the first k are certain in some draws only.
        unsure = (self.before + self.copies).max(axis=1) > k
        before, copies = self.before[unsure], np.maximum(self.copies[unsure], 1)
        probability[unsure] = np.clip((k - before) / copies, 0.0, 1.0)
        return probability


@lru_cache(maxsize=4)
def counts(n: int, draws: Draws) -> Counts:
    """Return (n, draws) how often each of n networks is drawn."""
    if draws.source:
        group = np.frombuffer(draws.source, np.int64)
        return counts(int(group.max()) + 1, Draws(draws.number))[group]
    generator = np.random.default_rng(derived_seed("bootstrap", n, draws.number))
    drawn = np.empty((n, draws.number), np.uint8)
    for draw in range(draws.number):
        drawn[:, draw] = np.bincount(generator.integers(0, n, n), minlength=n)
    drawn.setflags(write=False)
    return drawn


def side(values: Floats, drawn: Counts, reach: int) -> Side:
    """Return the best of `values` (n,) that hold the first `reach` networks of every draw."""
    order = np.argsort(-values, kind="stable")
    group = np.concatenate(([0], np.cumsum(values[order][1:] != values[order][:-1])))
    ends = np.append(np.flatnonzero(np.diff(group)) + 1, len(values))
    # About as many networks as are drawn hold the first `reach`; some more for the draws that took few of them.
    wanted = reach + 8 * math.isqrt(reach) + 20
    while True:
        m = int(ends[min(int(np.searchsorted(ends, wanted)), len(ends) - 1)])
        starts = np.append(0, ends[ends < m])
        copies = _summed(drawn[order[:m]], starts)
        before = np.cumsum(copies, axis=0, dtype=np.int32)
        before -= copies
        if m == len(values) or (before[-1] + copies[-1] >= reach).all():
            return Side(order[:m], group[:m], copies, before)
        wanted *= 2


@lru_cache(maxsize=4)
def _truth_side(values: bytes, draws: Draws, reach: int) -> Side:
    """Return `side` of the truth, which all proxies with the same networks share."""
    y = np.frombuffer(values)
    return side(y, counts(len(y), draws), reach)


def _summed(rows: Counts, starts: Ints) -> Counts:
    """Return (groups, draws) sums of the rows from each start to the next."""
    if len(starts) == len(rows):
        return rows
    return np.add.reduceat(rows, starts, axis=0, dtype=np.int32)


def precision(x: Floats, y: Floats, k: int, draws: Draws) -> Floats:
    """Return (draws,) P@k."""
    drawn = counts(len(x), draws)
    first, second = side(x, drawn, k), _truth_side(y.tobytes(), draws, k)
    both, in_first, in_second = np.intersect1d(first.order, second.order, return_indices=True)
    chance = first.included(k)[first.group[in_first]]
    chance *= second.included(k)[second.group[in_second]]
    chance *= drawn[both]
    hits: Floats = chance.sum(axis=0, dtype=np.float64)
    return hits / k


def best_rank(x: Floats, y: Floats, k: int, draws: Draws) -> Floats:
    """Return (draws,) the expected best true rank in the proxy's top k, among those drawn."""
    drawn = counts(len(x), draws)
    truth = _truth_side(y.tobytes(), draws, len(y))
    group = np.empty(len(y), np.int64)
    group[truth.order] = truth.group
    top = side(x, drawn, k)
    rank: Floats = truth.before[group[top.order]].astype(np.float64) + 1
    return _best(top, drawn, y, rank, k)


def regret(x: Floats, y: Floats, k: int, draws: Draws) -> Floats:
    """Return (draws,) the best accuracy drawn minus the expected best in the proxy's top k."""
    drawn = counts(len(x), draws)
    first = _truth_side(y.tobytes(), draws, 1)
    best: Floats = y[first.order[np.argmax(drawn[first.order] > 0, axis=0)]]
    top = side(x, drawn, k)
    # Differences first: a regret of nothing is then 0, not what rounding leaves of two accuracies.
    return _best(top, drawn, y, best - y[top.order, None], k)


def _best(top: Side, drawn: Counts, y: Floats, loss: Floats, k: int) -> Floats:
    """Return (draws,) the expected smallest `loss` (m, draws) in the top k; it falls as `y` rises."""
    by_truth = np.argsort(-y[top.order], kind="stable")
    group, loss = top.group[by_truth], loss[by_truth]
    copies = drawn[top.order[by_truth]].astype(np.int64)
    # The group at the edge: the last one that gives any network to the top k; before it, all are certain.
    edge = (top.before < k).sum(axis=0) - 1
    certain = (group[:, None] < edge) & (copies > 0)
    place = np.argmax(certain, axis=0)
    across = np.arange(copies.shape[1])
    surely = np.where(certain[place, across], loss[place, across], math.inf)
    expected = np.empty(len(across))
    for one in np.unique(edge):
        among, here = np.flatnonzero(group == one), np.flatnonzero(edge == one)
        taken = k - top.before[one, here]
        expected[here] = _by_lot(copies[np.ix_(among, here)], loss[np.ix_(among, here)], taken, surely[here])
    return expected


def _by_lot(copies: Counts, loss: Floats, taken: Counts, surely: Floats) -> Floats:
    """Return (draws,) the expected smallest of `surely` and the losses (m, draws; rising) of `taken` copies by lot."""
    upto = np.cumsum(copies, axis=0)
    total = upto[-1]
    taken = np.minimum(taken, total)
    factorial = _log_factorials(int(total.max()))
    rest = total - upto
    # None of the copies up to here is taken: C(rest, taken) / C(total, taken).
    with np.errstate(invalid="ignore"):
        log = factorial[rest] - factorial[np.maximum(rest - taken, 0)] - factorial[total] + factorial[total - taken]
    none = np.where(rest >= taken, np.exp(log), 0.0)
    chance = -np.diff(none, axis=0, prepend=1.0)
    expected: Floats = (chance * np.minimum(loss, surely)).sum(axis=0)
    return expected


def _log_factorials(largest: int) -> Floats:
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, largest + 1)))))


def ndcg(x: Floats, y: Floats, k: int, draws: Draws) -> Floats:
    """Return (draws,) nDCG@k."""
    drawn, gain = counts(len(x), draws), gains(y)
    discounted = np.concatenate(([0.0], np.cumsum(discounts(k))))
    gained: list[Floats] = []
    for one in (side(x, drawn, k), _truth_side(y.tobytes(), draws, k)):
        starts = np.flatnonzero(np.diff(one.group, prepend=-1))
        total = np.add.reduceat(drawn[one.order] * gain[one.order, None], starts, axis=0)
        first, last = np.minimum(one.before, k), np.minimum(one.before + one.copies, k)
        mean = total / np.maximum(one.copies, 1)
        gained.append((mean * (discounted[last] - discounted[first])).sum(axis=0))
    return gained[0] / gained[1]


def percentile_interval(value: float, drawn: Floats) -> Estimate:
    """Return a value with the standard deviation and the 2.5 and 97.5 percentiles of its draws.

    Copies of a network make draws a little more variable than samples: for P@k, the interval covers some 97 %. Draws
    that are all the same (no hit among the top six stays no hit) tell nothing of the error: there is no interval then.
    """
    if np.ptp(drawn) == 0:
        return Estimate(value)
    low, high = np.percentile(drawn, _PERCENTILES)
    return Estimate(value, float(drawn.std(ddof=1)), float(low), float(high))
