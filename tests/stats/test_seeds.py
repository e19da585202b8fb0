from __future__ import annotations

import math

import numpy as np
import pytest

from zsbench.stats import kendall, parse_statistic, regret_at
from zsbench.stats.seeds import over_seeds, rank_variances
from zsbench.stats.topk import Top

KENDALL = parse_statistic("kendall")


def _made_up(generator, n=80, seeds=4, noise=0.5):
    quality = generator.normal(size=n)
    truth = quality + 0.7 * generator.normal(size=n)
    return quality + noise * generator.normal(size=(seeds, n)), truth


def test_mean_and_spread_are_those_of_the_seeds():
    scores, truth = _made_up(np.random.default_rng(0))
    found = over_seeds(scores, truth, KENDALL)
    values = [kendall(one, truth).value for one in scores]
    assert found.mean.value == pytest.approx(np.mean(values))
    assert found.sd == pytest.approx(np.std(values, ddof=1))


def test_the_error_of_the_mean_has_networks_and_seeds_in_it():
    scores, truth = _made_up(np.random.default_rng(0))
    n = len(truth)
    left_out = [np.mean([kendall(np.delete(one, k), np.delete(truth, k)).value for one in scores]) for k in range(n)]
    found = over_seeds(scores, truth, KENDALL)
    assert found.mean.stderr**2 == pytest.approx((n - 1) * np.var(left_out) + found.sd**2 / 4)
    assert found.mean.low < found.mean.value < found.mean.high


def test_a_proxy_that_no_seed_changes_has_the_error_of_one_run():
    scores, truth = _made_up(np.random.default_rng(1), noise=0)
    found, one = over_seeds(scores, truth, KENDALL), kendall(scores[0], truth)
    assert found.sd == 0
    np.testing.assert_allclose([found.mean.value, found.mean.stderr, found.mean.low], [one.value, one.stderr, one.low])


def test_statistics_without_an_error_have_a_mean_and_a_spread():
    scores, truth = _made_up(np.random.default_rng(2))
    found = over_seeds(scores, truth, parse_statistic("regret@5"))
    values = [regret_at(one, truth, Top(count=5)).value for one in scores]
    assert (found.mean.value, found.sd) == (pytest.approx(np.mean(values)), pytest.approx(np.std(values, ddof=1)))
    assert math.isnan(found.mean.low)


def test_a_constant_seed_is_a_reason():
    scores, truth = _made_up(np.random.default_rng(2))
    scores[1] = 3
    assert "same score" in over_seeds(scores, truth, KENDALL).mean.reason


def test_intervals_of_the_mean_cover_what_all_networks_and_seeds_would_give():
    generator = np.random.default_rng(3)
    population = kendall(*(one if one.ndim == 1 else one[0] for one in _made_up(generator, 200_000, 1))).value
    hits = 0
    for _ in range(200):
        found = over_seeds(*_made_up(generator, 60, 3), KENDALL).mean
        hits += found.low <= population <= found.high
    assert hits / 200 >= 0.91


def test_rank_variances_find_what_was_put_in():
    generator = np.random.default_rng(4)
    quality = generator.normal(size=4000)
    scores = quality + generator.normal(size=(3, 4000))
    between, within = rank_variances(np.exp(5 * scores))
    # Normal scores of correlation 1/2 have ranks of correlation 6 / pi asin(1/4); uniform ranks a variance of 1/12.
    assert between / (between + within) == pytest.approx(6 / math.pi * math.asin(0.25), abs=0.02)
    assert between + within == pytest.approx(1 / 12, rel=0.01)


def test_rank_variances_of_scores_that_only_the_seed_decides_or_never_changes():
    generator = np.random.default_rng(5)
    noise = generator.normal(size=(4, 3000))
    between, within = rank_variances(noise)
    assert abs(between / (between + within)) < 0.02
    assert rank_variances(np.repeat(noise[:1], 4, axis=0))[1] == 0
