"""Several proxies as one ranking: by votes, by sums of ranks, by sums of log ranks; nothing is fitted.

All take oriented scores (n,) of the same n networks, one array a proxy, and return (n,) a score of which only the order
has a meaning. Ranks are averages where networks tie, so that file order never matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from zsbench.errors import UsageError
from zsbench.stats.estimate import Floats
from zsbench.stats.pairs import Ranking

MOST_VOTED_ON = 30_000
"""Networks beyond which every pair is too many to vote on."""
_ROWS = 256


def ranks(scores: Floats) -> Floats:
    """Return (n,) ranks from 1, the best last; tied networks share the mean of theirs."""
    return (Ranking.of(scores).centred + len(scores) + 1) / 2


def log_ranks(scores: Floats) -> Floats:
    """Return (n,) logarithms of ranks as shares of n."""
    logs: Floats = np.log(ranks(scores) / len(scores))
    return logs


def borda(*scores: Floats) -> Floats:
    """Return the sum of ranks (Borda, 1781): how many networks each one beats, over all proxies."""
    return _total(ranks, scores)


def log_rank(*scores: Floats) -> Floats:
    """Return the sum of log(rank / n), which one bad rank spoils: AZ-NAS (Lee and Ham, CVPR 2024), VKDNW."""
    return _total(log_ranks, scores)


def _total(term: Callable[[Floats], Floats], scores: Sequence[Floats]) -> Floats:
    total: Floats = np.sum([term(one) for one in scores], axis=0)
    return total


def vote(*scores: Floats) -> Floats:
    """Return how many networks each one beats by majority, minus those it loses to (Copeland, 1951).

    Which of two networks is better, proxies decide by majority, as in Abdelfattah et al. (ICLR 2021); one that ties the
    two abstains. They print the share of pairs decided as the accuracies do (their code: 0.817 for synflow, jacob_cov
    and snip on NAS-Bench-201), which is no correlation; majorities may run in circles, hence the count. Takes O(n^2);
    raises `UsageError` for more than `MOST_VOTED_ON` networks.
    """
    n = len(scores[0])
    if n > MOST_VOTED_ON:
        raise UsageError(f"{n:,} networks are too many to vote on every pair", "borda and log-rank take any number")
    # Ranks below 2**15 have differences that int16 holds.
    votes = [Ranking.of(one).rank.astype(np.int16) for one in scores]
    won = np.empty(n)
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        total = np.zeros((len(votes[0][rows]), n), np.int8)
        for one in votes:
            total += np.sign(one[rows, None] - one).astype(np.int8)
        won[rows] = np.sign(total).sum(axis=1, dtype=np.int64)
    return won


METHODS: Mapping[str, Callable[..., Floats]] = {"borda": borda, "log-rank": log_rank, "vote": vote}
"""By the names people type."""
TERMS: Mapping[str, Callable[[Floats], Floats]] = {"borda": ranks, "log-rank": log_ranks}
"""What each proxy adds to those that are sums."""
