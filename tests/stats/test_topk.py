"""Top-k statistics against the average over every order of tied networks."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zsbench.registry import find_space
from zsbench.stats import (
    Top,
    best_rank_at,
    hit_rate_at,
    kendall,
    kendall_at,
    ndcg_at,
    precision_at,
    regret_at,
)

STATISTICS = [precision_at, best_rank_at, regret_at, hit_rate_at, ndcg_at]


def _tie_orders(values):
    """Return the distinct orders, best first, that breaking ties by lot can give; all equally likely."""
    n = len(values)
    return {tuple(sorted(range(n), key=lambda i: (-values[i], lot[i]))) for lot in permutations(range(n))}


def _by_enumeration(statistic, x, y, k):
    total, count = 0.0, 0
    for by_score in _tie_orders(x):
        top = set(by_score[:k])
        if statistic is precision_at:
            outcomes = [len(top & set(by_truth[:k])) / k for by_truth in _tie_orders(y)]
        elif statistic is best_rank_at:
            outcomes = [min(1 + sum(other > y[i] for other in y) for i in top)]
        elif statistic is hit_rate_at:
            outcomes = [any(y[i] == max(y) for i in top)]
        elif statistic is ndcg_at:
            ideal = _gain(sorted(y, reverse=True)[:k])
            outcomes = [_gain([y[i] for i in by_score[:k]]) / ideal]
        else:
            outcomes = [max(y) - max(y[i] for i in top)]
        total += sum(outcomes) / len(outcomes)
        count += 1
    return total / count


def _gain(accuracies):
    return sum((2**value - 1) / math.log2(place + 2) for place, value in enumerate(accuracies))


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.parametrize("statistic", STATISTICS)
def test_ties_count_as_the_expectation_over_their_orders(statistic, data):
    n = data.draw(st.integers(3, 5))
    x = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    y = data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    assume(len(set(x)) > 1 and len(set(y)) > 1)
    k = data.draw(st.integers(1, n))
    found = statistic(np.array(x, float), np.array(y, float), Top(count=k))
    assert found.value == pytest.approx(_by_enumeration(statistic, x, y, k), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), min_size=4, max_size=40), st.integers(1, 4))
@pytest.mark.parametrize("statistic", STATISTICS)
def test_file_order_and_monotone_scales_do_not_matter(statistic, rows, k):
    x, y = np.array(rows, float).T
    found = statistic(x, y, Top(count=k)).value
    reversed_, stretched = statistic(x[::-1], y[::-1], Top(count=k)).value, statistic(np.exp(x), y, Top(count=k)).value
    np.testing.assert_allclose([reversed_, stretched], found, atol=1e-12)


def test_known_answers_without_ties():
    accuracy = np.array([90.0, 91.0, 92.0, 93.0, 94.0])
    score = np.array([5.0, 1.0, 2.0, 4.0, 3.0])
    assert precision_at(score, accuracy, Top(count=2)).value == 0.5
    assert best_rank_at(score, accuracy, Top(count=2)).value == 2
    assert [hit_rate_at(score, accuracy, Top(count=k)).value for k in (2, 3)] == [0, 1]
    assert kendall_at(score, accuracy, Top(count=4)).value == pytest.approx(-1 / 3)
    first, second = 2**90 - 1, 2**93 - 1
    best, next_ = 2**94 - 1, 2**93 - 1
    expected = (first + second / math.log2(3)) / (best + next_ / math.log2(3))
    assert ndcg_at(score, accuracy, Top(count=2)).value == pytest.approx(expected)
    assert regret_at(score, accuracy, Top(count=1)).value == 4.0
    assert regret_at(score, accuracy, Top(count=3)).value == 0.0


def test_ndcg_is_that_of_the_example_of_its_authors():
    """VKDNW's toy example: a ranking whose two best networks come third and fourth has nDCG 0.50."""
    damaged = np.array([80.0, 70, 100, 90, 60, 50, 40, 30, 20, 10])
    assert ndcg_at(-np.arange(10.0), damaged, Top(count=10)).value == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize(
    ("column", "printed", "within"),
    [("cifar10", 0.745, 0.0025), ("cifar100", 0.576, 0.0005), ("imagenet16_120", 0.403, 0.0005)],
)
def test_ndcg_at_1000_of_flops_is_what_vkdnw_prints(reference, column, printed, within):
    pandas = pytest.importorskip("pandas")
    truth = pandas.read_csv(reference / "data" / "nb201_truth.csv.gz")[f"nats10_{column}_test_acc"].to_numpy()
    space = find_space("nb201")
    valid, flops = space.valid(), space.costs("cifar10")["flops"]
    assert ndcg_at(flops[valid], truth[valid], Top(count=1000)).value == pytest.approx(printed, abs=within)


def test_a_binary_score_gets_what_drawing_by_lot_would_give():
    accuracy = np.arange(100.0)
    score = (accuracy >= 80).astype(float)
    assert precision_at(score, accuracy, Top(count=10)).value == pytest.approx(0.5)
    # The best of 10 drawn from 20 has expected rank (20 + 1) / (10 + 1).
    assert best_rank_at(score, accuracy, Top(count=10)).value == pytest.approx(21 / 11)


def test_large_tie_groups_stay_exact():
    generator = np.random.default_rng(0)
    score, accuracy = generator.integers(0, 3, 15_625).astype(float), generator.permutation(15_625).astype(float)
    group = int((score == 2).sum())
    ranks = np.sort(1 + 15_624 - accuracy[score == 2])
    weights = [math.comb(group - 1 - j, 9) / math.comb(group, 10) for j in range(group)]
    expected = float(ranks @ np.array(weights))
    assert best_rank_at(score, accuracy, Top(count=10)).value == pytest.approx(expected, rel=1e-12)


def test_kendall_within_the_top_takes_all_that_tie_at_its_edge():
    generator = np.random.default_rng(0)
    score, accuracy = np.round(generator.normal(size=200), 1), generator.normal(size=200)
    edge = np.sort(score)[-20]
    kept = score >= edge
    assert kept.sum() > 20
    assert kendall_at(score, accuracy, Top(share=Fraction(1, 10))) == kendall(score[kept], accuracy[kept])
    assert kendall_at(score, accuracy, Top(count=200)) == kendall(score, accuracy)


def test_kendall_within_a_top_of_equal_scores_is_a_reason():
    found = kendall_at(np.array([1.0, 1, 1, 1, 0]), np.arange(5.0), Top(count=2))
    assert found.reason == "among the top 2: every network has the same score"


def test_a_share_is_rounded_up_without_floating_point_accidents():
    assert Top(share=Fraction(5, 100)).of(100) == 5
    assert Top(share=Fraction(5, 100)).of(101) == 6
    assert Top(share=Fraction(5, 100)).of(3) == 1


@pytest.mark.parametrize("statistic", STATISTICS)
def test_more_than_there_are_is_no_number(statistic):
    found = statistic(np.arange(5.0), np.arange(5.0), Top(count=6))
    assert math.isnan(found.value)
    assert "k = 6 exceeds the 5 networks" in found.reason


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_constant_score_is_no_number(statistic):
    assert "same score" in statistic(np.ones(5), np.arange(5.0), Top(count=2)).reason


def test_ndcg_of_what_is_no_accuracy_is_no_number():
    found = ndcg_at(np.arange(5.0), -np.arange(5.0), Top(count=2))
    assert "accuracies in per cent" in found.reason
