"""Differences of correlations on the same networks: known answers, brute force, how often they raise false alarms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from zsbench.stats import Compared, difference, holm, parse_statistic


def _difference(first, second, y, name="kendall"):
    statistic = parse_statistic(name)
    return difference(*(statistic.leaving_out(Compared(x, y)) for x in (first, second)))


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("kendall", scipy_stats.kendalltau),
        ("spearman", scipy_stats.spearmanr),
        ("pearson", scipy_stats.pearsonr),
    ],
)
def test_value_error_interval_and_p_are_those_of_leaving_each_network_out_of_both(name, theirs):
    generator = np.random.default_rng(3)
    y = generator.normal(size=25)
    first, second = np.round(y + generator.normal(size=25)), np.round(y + 2 * generator.normal(size=25))

    def by_hand(kept):
        return theirs(first[kept], y[kept]).statistic - theirs(second[kept], y[kept]).statistic

    every = np.arange(25)
    left_out = np.array([by_hand(np.delete(every, k)) for k in every])
    value, stderr = by_hand(every), math.sqrt(24 * left_out.var())
    found = _difference(first, second, y, name)
    assert found.n == 25
    np.testing.assert_allclose([found.estimate.value, found.estimate.stderr], [value, stderr], rtol=1e-9)
    margin = scipy_stats.norm.ppf(0.975) * stderr
    np.testing.assert_allclose([found.estimate.low, found.estimate.high], [value - margin, value + margin], rtol=1e-9)
    assert found.p == pytest.approx(2 * scipy_stats.norm.sf(abs(value) / stderr))


def test_exchanging_the_two_turns_the_sign_and_keeps_p():
    generator = np.random.default_rng(0)
    first, second, y = generator.normal(size=(3, 40))
    one, other = _difference(first, second, y), _difference(second, first, y)
    assert one.estimate.value == -other.estimate.value
    assert (one.estimate.stderr, one.p) == (other.estimate.stderr, other.p)


def test_the_same_ranking_differs_by_nothing():
    y = np.array([1.0, 3.0, 2.0, 4.0, 5.0])
    x = np.array([1.0, 2.0, 3.0, 4.0, 9.0])
    found = _difference(x, np.exp(x), y)
    assert (found.estimate.value, found.estimate.low, found.estimate.high, found.p) == (0, 0, 0, 1)


def test_without_variation_there_is_no_p_but_a_reason():
    y = np.arange(5.0)
    found = _difference(y, -y, y)
    assert found.estimate.value == 2
    assert math.isnan(found.p)
    assert found.estimate.reason


def test_what_two_proxies_share_cancels():
    generator = np.random.default_rng(1)
    y = generator.normal(size=300)
    shared = y + generator.normal(size=300)
    near = shared + 0.1 * generator.normal(size=300)
    unrelated = y + generator.normal(size=300)
    assert _difference(shared, near, y).estimate.stderr < _difference(shared, unrelated, y).estimate.stderr / 3


@pytest.mark.parametrize("levels", [0, 2])
def test_equally_good_proxies_differ_significantly_in_about_5_percent_of_draws(levels):
    draws, n = 600, 60
    generator = np.random.default_rng([7, levels])
    alarms, covered = 0, 0
    for _ in range(draws):
        y = generator.normal(size=n)
        shared = y + generator.normal(size=n)
        first, second = (shared + generator.normal(size=n) for _ in range(2))
        if levels:
            first, second = np.round(first * levels / 2), np.round(second * levels / 2)
        found = _difference(first, second, y)
        alarms += found.p < 0.05
        covered += found.estimate.low <= 0 <= found.estimate.high
    assert 0.025 <= alarms / draws <= 0.075
    assert alarms + covered == draws


def test_holm_gives_the_known_answer():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=12))
def test_holm_equals_its_definition_and_leaves_undefined_ones_out(p):
    defined = sorted(value for value in p if not math.isnan(value))
    m = len(defined)

    def corrected(value):
        last = max(i for i in range(m) if defined[i] == value)
        return min(1.0, max(defined[i] * (m - i) for i in range(last + 1)))

    expected = [math.nan if math.isnan(value) else corrected(value) for value in p]
    np.testing.assert_allclose(holm(p), expected, rtol=1e-12)
