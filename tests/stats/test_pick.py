"""The network ranked first: ties by lot, and random draws, against counting every case."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zsbench.stats.pick import pick, pick_from_draws

NETWORKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), min_size=1, max_size=9)


def arrays(networks):
    return np.array([s for s, _ in networks], float), np.array([t for _, t in networks], float)


def test_the_highest_score_picks():
    found = pick(np.array([1.0, 3.0, 2.0]), np.array([90.0, 80.0, 70.0]))
    assert (found.accuracy, found.low, found.high, found.tied, found.rank) == (80.0, 80.0, 80.0, 1, 2.0)


def test_a_tie_is_a_mean_and_a_range():
    found = pick(np.array([5.0, 5.0, 1.0, 5.0]), np.array([90.0, 60.0, 95.0, 90.0]))
    assert (found.accuracy, found.low, found.high, found.tied) == (80.0, 60.0, 90.0, 3)
    assert found.rank == pytest.approx((2 + 4 + 2) / 3)


@given(networks=NETWORKS, data=st.data())
def test_file_order_never_matters(networks, data):
    score, truth = arrays(networks)
    order = np.array(data.draw(st.permutations(range(len(networks)))))
    size = data.draw(st.integers(1, len(networks)))
    assert pick(score[order], truth[order]).accuracy == pytest.approx(pick(score, truth).accuracy)
    assert pick(score[order], truth[order]).rank == pick(score, truth).rank
    ours, other = pick_from_draws(score, truth, size), pick_from_draws(score[order], truth[order], size)
    assert (ours.mean, ours.sd) == pytest.approx((other.mean, other.sd), abs=1e-6)


@given(networks=NETWORKS, data=st.data())
def test_draws_agree_with_counting_every_draw_and_every_tie(networks, data):
    score, truth = arrays(networks)
    size = data.draw(st.integers(1, len(networks)))
    draws = list(combinations(range(len(networks)), size))
    mean = square = Fraction(0)
    for draw in draws:
        highest = max(score[i] for i in draw)
        tied = [Fraction(int(truth[i])) for i in draw if score[i] == highest]
        mean += sum(tied) / len(tied) / len(draws)
        square += sum(t * t for t in tied) / len(tied) / len(draws)
    found = pick_from_draws(score, truth, size)
    assert found.mean == pytest.approx(float(mean), abs=1e-9)
    assert found.sd == pytest.approx(float(square - mean * mean) ** 0.5, abs=1e-5)


def test_a_draw_of_everything_is_the_pick_itself():
    random = np.random.default_rng(0)
    score, truth = random.integers(0, 40, 500).astype(float), random.random(500)
    assert pick_from_draws(score, truth, 500).mean == pytest.approx(pick(score, truth).accuracy)


def test_a_draw_of_one_is_the_mean_network():
    random = np.random.default_rng(1)
    score, truth = random.random(15_625), random.random(15_625)
    found = pick_from_draws(score, truth, 1)
    assert (found.mean, found.sd) == pytest.approx((truth.mean(), truth.std()))


@pytest.mark.parametrize("size", [0, 4])
def test_no_draw_is_larger_than_the_population(size):
    with pytest.raises(ValueError, match=f"no draw of {size} out of 3"):
        pick_from_draws(np.arange(3.0), np.arange(3.0), size)
