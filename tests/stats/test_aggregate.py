"""Aggregates against double loops and scipy's ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from zsbench.errors import UsageError
from zsbench.stats import aggregate
from zsbench.stats.aggregate import METHODS, TERMS, borda, log_rank, vote

SCORES = st.integers(1, 4).flatmap(
    lambda proxies: st.lists(st.lists(st.integers(0, 5), min_size=proxies, max_size=proxies), min_size=1, max_size=25)
)


def _columns(rows):
    return np.array(rows, float).T


@given(SCORES)
def test_sums_of_ranks_are_those_of_average_ranks(rows):
    scores = _columns(rows)
    ranks = np.array([rankdata(one) for one in scores])
    np.testing.assert_allclose(borda(*scores), ranks.sum(axis=0))
    np.testing.assert_allclose(log_rank(*scores), np.log(ranks / len(rows)).sum(axis=0), atol=1e-12)
    for method, term in TERMS.items():
        np.testing.assert_allclose(METHODS[method](*scores), np.sum([term(one) for one in scores], axis=0))


@given(SCORES)
def test_votes_are_wins_minus_losses_by_majority(rows):
    scores, n = _columns(rows), len(rows)
    majority = np.sign(sum(np.sign(one[:, None] - one) for one in scores))
    expected = [sum(majority[i, j] for j in range(n)) for i in range(n)]
    assert vote(*scores).tolist() == expected


@pytest.mark.parametrize("method", METHODS.values())
def test_the_order_of_proxies_and_of_networks_and_their_scales_do_not_matter(method):
    scores = np.random.default_rng(0).integers(0, 30, (3, 600)).astype(float)
    found = method(*scores)
    np.testing.assert_allclose(method(*scores[::-1]), found)
    np.testing.assert_allclose(method(*scores[:, ::-1]), found[::-1])
    np.testing.assert_allclose(method(np.exp(scores[0]), scores[1] ** 3, scores[2]), found)


def test_one_bad_rank_costs_a_good_one_more_in_log_ranks_than_in_ranks():
    one, other = np.array([5.0, 3, 4, 2, 1]), np.array([1.0, 3, 2, 4, 5])  # ranks 5 and 1 against 3 and 3
    assert borda(one, other)[0] == borda(one, other)[1]
    assert log_rank(one, other)[0] < log_rank(one, other)[1]


def test_too_many_networks_to_vote_on_are_refused(monkeypatch):
    monkeypatch.setattr(aggregate, "MOST_VOTED_ON", 3)
    with pytest.raises(UsageError, match="4 networks are too many"):
        vote(np.arange(4.0), np.arange(4.0))
