"""tau-b and rho against scipy and brute force; their errors against leaving each network out; coverage."""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from zsbench.stats import evaluate, kendall, null_stderr, parse_statistic, spearman, tie_share
from zsbench.stats.pairs import Pairs, count_earlier_smaller


def _named(name):
    return lambda x, y: evaluate([parse_statistic(name)], x, y)[0]


def _scipy_tau_c(x, y):
    return scipy_stats.kendalltau(x, y, variant="c")


def _tau_a(x, y):
    products = np.sign(np.subtract.outer(x, x)) * np.sign(np.subtract.outer(y, y))
    return SimpleNamespace(statistic=products.sum() / (len(x) * (len(x) - 1)))


ESTIMATORS = [
    pytest.param(kendall, scipy_stats.kendalltau, id="kendall"),
    pytest.param(spearman, scipy_stats.spearmanr, id="spearman"),
    pytest.param(_named("pearson"), scipy_stats.pearsonr, id="pearson"),
    pytest.param(_named("tau-a"), _tau_a, id="tau-a"),
    pytest.param(_named("tau-c"), _scipy_tau_c, id="tau-c"),
]


@st.composite
def tied_pairs(draw, least=3, most=40):
    n = draw(st.integers(least, most))
    x = np.array(draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)), float)
    y = np.array(draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n)), float)
    assume(len(set(x)) > 1 and len(set(y)) > 1)
    return x, y


@given(tied_pairs())
@pytest.mark.parametrize(("ours", "theirs"), ESTIMATORS)
def test_values_equal_scipy_under_heavy_ties(ours, theirs, data):
    x, y = data
    assert ours(x, y).value == pytest.approx(theirs(x, y).statistic, abs=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), ESTIMATORS)
def test_values_equal_scipy_on_thousands_of_networks(ours, theirs):
    generator = np.random.default_rng(0)
    x = generator.normal(size=2000)
    y = np.round(x + generator.normal(size=2000), 1)
    assert ours(x, y).value == pytest.approx(theirs(x, y).statistic, abs=1e-12)


@given(tied_pairs(most=12))
@pytest.mark.parametrize(("ours", "theirs"), ESTIMATORS)
def test_the_error_is_what_leaving_out_each_network_in_turn_gives(ours, theirs, data):
    x, y = data
    n = len(x)
    rest = [(np.delete(x, k), np.delete(y, k)) for k in range(n)]
    assume(all(len(set(a)) > 1 and len(set(b)) > 1 for a, b in rest))
    left_out = np.array([theirs(a, b).statistic for a, b in rest])
    expected = math.sqrt((n - 1) * left_out.var())
    assert ours(x, y).stderr == pytest.approx(expected, abs=1e-7)


@given(tied_pairs())
def test_the_weighted_tau_equals_scipy_under_heavy_ties(data):
    x, y = data
    expected = scipy_stats.weightedtau(x, y).statistic
    assert _named("weighted-tau")(x, y).value == pytest.approx(expected, abs=1e-12)


def test_pearson_does_not_overflow_and_knows_when_a_correlation_hangs_on_one_network():
    x = np.array([1e300, -1e300, 5e299, 0.0])
    assert _named("pearson")(x, np.array([1.0, -1.0, 0.5, 0.0])).value == pytest.approx(1)
    lone = _named("pearson")(np.array([0.1, 0.1, 0.1, 0.7]), np.array([1.0, 2.0, 3.0, 9.0]))
    assert math.isnan(lone.stderr)


@given(tied_pairs(), st.randoms(use_true_random=False))
@pytest.mark.parametrize("estimator", [kendall, spearman])
def test_order_and_monotone_scales_do_not_matter_and_the_sign_flips(estimator, data, random):
    x, y = data
    found = estimator(x, y)
    order = list(range(len(x)))
    random.shuffle(order)
    shuffled, stretched = estimator(x[order], y[order]), estimator(np.exp(x), y**3)
    flipped, swapped = estimator(-x, y), estimator(y, x)
    for other in (shuffled, stretched, swapped):
        np.testing.assert_allclose(_numbers(other), _numbers(found), atol=1e-12)
    expected = [-found.value, found.stderr, -found.high, -found.low]
    np.testing.assert_allclose(_numbers(flipped), expected, atol=1e-12)
    assert -1 <= found.value <= 1
    assert math.isnan(found.low) or -1 <= found.low <= found.value <= found.high <= 1


def _numbers(estimate):
    return [estimate.value, estimate.stderr, estimate.low, estimate.high]


@given(tied_pairs(most=15))
def test_concordance_equals_a_double_loop(data):
    x, y = data
    expected = [sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for j in range(len(x))) for i in range(len(x))]
    assert Pairs.of(x, y).concordance.tolist() == expected


@given(st.integers(1, 70).flatmap(lambda n: st.permutations(range(n))))
def test_earlier_smaller_entries_equal_a_double_loop(permutation):
    expected = [sum(earlier < value for earlier in permutation[:i]) for i, value in enumerate(permutation)]
    assert count_earlier_smaller(np.array(permutation)).tolist() == expected


@pytest.mark.parametrize("estimator", [kendall, spearman])
@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([], [], "no network has a score"),
        ([1, 2], [1, 2], "2 networks are too few"),
        ([1, 1, 1], [1, 2, 3], "same score"),
        ([1, 2, 3], [5, 5, 5], "same accuracy"),
    ],
)
def test_without_information_there_is_no_number_but_a_reason(estimator, x, y, reason):
    found = estimator(np.array(x, float), np.array(y, float))
    assert all(math.isnan(number) for number in _numbers(found))
    assert reason in found.reason


def test_a_perfect_ranking_claims_no_interval():
    found = kendall(np.arange(5.0), np.arange(5.0))
    assert (found.value, found.stderr) == (1.0, 0.0)
    assert math.isnan(found.low)


def test_an_error_that_hangs_on_one_network_is_unknown():
    found = kendall(np.array([0.0, 0.0, 0.0, 1.0]), np.array([1.0, 2.0, 3.0, 0.0]))
    assert found.value < 0
    assert math.isnan(found.stderr)


def test_the_null_error_is_that_of_all_rankings():
    from itertools import permutations

    taus = [kendall(np.arange(5.0), np.array(order, float)).value for order in permutations(range(5))]
    assert null_stderr(5) == pytest.approx(np.std(taus))
    assert null_stderr(784) == pytest.approx(0.0239, abs=1e-4)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=20))
def test_the_tie_share_counts_pairs(values):
    n = len(values)
    tied = sum(values[i] == values[j] for i in range(n) for j in range(i))
    assert tie_share(np.array(values, float)) == pytest.approx(tied / (n * (n - 1) / 2))


@cache
def _population(levels):
    sample = _sample(np.random.default_rng(levels), 200_000, levels)
    return [estimator(*sample).value for estimator in (kendall, spearman)]


@pytest.mark.parametrize(("n", "levels"), [(50, 0), (50, 1), (200, 0), (200, 1), (1000, 0), (1000, 1)])
def test_intervals_cover_the_truth_in_93_to_97_percent_of_draws(n, levels):
    draws = 1000
    generator = np.random.default_rng([n, levels])
    hits = np.zeros(2)
    for _ in range(draws):
        x, y = _sample(generator, n, levels)
        found = (kendall(x, y), spearman(x, y))
        hits += [one.low <= value <= one.high for one, value in zip(found, _population(levels), strict=True)]
    assert ((hits / draws >= 0.93) & (hits / draws <= 0.97)).all(), hits


def _sample(generator, n, levels):
    """Draw correlated pairs; with `levels`, scores take few values and accuracies some."""
    x = generator.normal(size=n)
    y = 0.6 * x + 0.8 * generator.normal(size=n)
    return (np.round(x * levels), np.round(y * 5)) if levels else (x, y)
