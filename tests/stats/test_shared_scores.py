"""Errors of statistics where networks share one score: against simulation, and where sharing changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from zsbench.stats import Compared, difference, evaluate, null_stderr_shared, parse_statistic
from zsbench.stats.estimate import same_source

GENERATOR = np.random.default_rng(3)
SIZES = np.concatenate([[60, 40, 30], GENERATOR.integers(1, 6, 120)])
SOURCE = np.repeat(np.arange(len(SIZES)), SIZES)
TRUTH = 90 + GENERATOR.normal(size=len(SIZES))[SOURCE] + 0.1 * GENERATOR.normal(size=len(SOURCE))
"""Networks that share a score have about one accuracy, too."""


def of(name, score, source=SOURCE):
    (found,) = evaluate([parse_statistic(name)], score, TRUTH, source=source)
    return found


def noise(number):
    generator = np.random.default_rng(number)
    return generator.normal(size=len(SIZES))[SOURCE]


@pytest.mark.parametrize("name", ["kendall", "spearman", "pearson", "tau-a"])
def test_the_error_is_what_scores_drawn_anew_vary_by(name):
    found = [of(name, noise(number)) for number in range(200)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.stderr for one in found]) == pytest.approx(spread, rel=0.3)
    alone = np.mean([of(name, noise(number), None).stderr for number in range(20)])
    assert alone < spread / 2


def test_intervals_of_unrelated_scores_hold_zero_about_as_often_as_they_say():
    found = [of("kendall", noise(number)) for number in range(200)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.85


def test_two_unrelated_scores_are_seldom_told_apart():
    kendall = parse_statistic("kendall")
    p = []
    for number in range(100):
        first, second = (
            kendall.leaving_out(Compared(noise([number, which]), TRUTH, source=SOURCE)) for which in (0, 1)
        )
        p.append(difference(first, second).p)
    assert np.mean(np.array(p) < 0.05) < 0.2


def test_the_null_error_is_that_of_simulation():
    spread = np.std([of("kendall", noise(number)).value for number in range(300)])
    assert null_stderr_shared(TRUTH, SOURCE) == pytest.approx(spread, rel=0.15)


def test_a_source_for_each_changes_nothing():
    score, each = noise(0) + GENERATOR.normal(size=len(SOURCE)), np.arange(len(SOURCE))
    for name in ("kendall", "spearman", "partial:params"):
        costs = {"params": GENERATOR.normal(size=len(SOURCE))}
        (alone,) = evaluate([parse_statistic(name)], score, TRUTH, 0, costs)
        (shared,) = evaluate([parse_statistic(name)], score, TRUTH, 0, costs, each)
        assert shared.stderr == pytest.approx(alone.stderr)
    distinct = np.arange(400.0)
    assert null_stderr_shared(distinct, np.arange(400)) == pytest.approx(2 / 3 / 400**0.5, rel=0.01)


def test_a_ranking_of_the_top_has_no_error_then():
    found = of("kendall@50", noise(0))
    assert np.isfinite(found.value)
    assert np.isnan(found.stderr)


def test_a_common_source_is_one_by_way_of_others():
    first, second = np.array([7, 7, 8, 9, 9]), np.array([1, 2, 2, 4, 5])
    assert same_source(None, None) is None
    assert same_source(first, None).tolist() == [0, 0, 1, 2, 2]
    found = same_source(first, second)
    assert [found[0] == one for one in found] == [True, True, True, False, False]
    assert found[3] == found[4]
