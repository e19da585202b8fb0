"""Choosing proxies: folds, what is chosen, and that judging on other networks is honest where training is not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zsbench.errors import UsageError
from zsbench.stats import kendall, parse_statistic
from zsbench.stats.aggregate import borda, log_ranks, ranks
from zsbench.stats.selection import cross_validated, deal, gain, held_out

TAU = parse_statistic("kendall").leaving_out


def _made_up(generator, n=300, noise=(0.5, 0.5, 3.0, 3.0)):
    quality = generator.normal(size=n)
    return np.array([quality + level * generator.normal(size=n) for level in noise]), quality


def _judged(scores, truth, size, term=ranks, fold=None):
    return cross_validated(scores, truth, deal(np.arange(len(truth))) if fold is None else fold, size, TAU, term)


def test_folds_are_even_and_never_part_isomorphic_networks():
    representative = np.repeat(np.arange(200), 3)
    fold = deal(representative)
    assert sorted(np.bincount(fold)) == [120] * 5
    assert len(set(zip(representative.tolist(), fold.tolist(), strict=True))) == 200
    np.testing.assert_array_equal(deal(representative), fold)


def test_the_best_subset_is_that_of_the_other_networks_and_judged_on_the_fold():
    scores, truth = _made_up(np.random.default_rng(0))
    fold = deal(np.arange(300))
    for number, one in enumerate(_judged(scores, truth, 2)):
        outside, inside = fold != number, fold == number
        assert one.chosen == (0, 1)
        assert one.training == kendall(borda(*scores[:2, outside]), truth[outside]).value
        assert one.held_out.value == kendall(borda(*scores[:2, inside]), truth[inside]).value


def test_the_mean_over_folds_has_the_error_of_all_networks():
    scores, truth = _made_up(np.random.default_rng(1), n=1000)
    found, whole = held_out(_judged(scores, truth, 1)), kendall(scores[0], truth)
    assert found.value == pytest.approx(whole.value, abs=0.03)
    assert found.stderr == pytest.approx(whole.stderr, rel=0.1)
    assert found.low < found.value < found.high


def test_choosing_among_noise_looks_good_where_it_was_chosen_and_is_nothing_elsewhere():
    generator = np.random.default_rng(2)
    trained, judged = [], []
    for _ in range(20):
        scores, truth = generator.normal(size=(8, 100)), generator.normal(size=100)
        folds = _judged(scores, truth, 2, log_ranks)
        trained.append(np.mean([one.training for one in folds]))
        judged.append(held_out(folds).value)
    assert np.mean(trained) > 0.1
    assert abs(np.mean(judged)) < 3 * np.std(judged) / math.sqrt(len(judged))


def test_intervals_of_what_was_chosen_cover_what_it_has_in_a_large_population():
    generator = np.random.default_rng(3)
    large, truth = _made_up(generator, 100_000)
    population = kendall(borda(*large[:2]), truth).value
    hits = 0
    for _ in range(150):
        found = held_out(_judged(*_made_up(generator, 200, (0.5, 0.5, 3.0)), 2))
        hits += found.low <= population <= found.high
    assert 0.9 <= hits / 150 <= 0.99


def test_a_gain_is_seen_where_there_is_one_and_not_where_there_is_none():
    scores, truth = _made_up(np.random.default_rng(4))
    single, pair = _judged(scores, truth, 1), _judged(scores, truth, 2)
    found = gain(pair, single)
    assert found.estimate.value == pytest.approx(held_out(pair).value - held_out(single).value)
    assert found.estimate.low > 0
    assert found.p < 0.001
    assert found.n == 300
    same = gain(single, single)
    assert (same.estimate.value, same.p) == (0, 1)


def test_a_fold_of_equal_scores_is_a_reason_and_no_number():
    scores, truth = _made_up(np.random.default_rng(5), n=60)
    fold = np.arange(60) % 5
    scores[:, fold == 0] = 1.0
    found = held_out(_judged(scores, truth, 2, fold=fold))
    assert math.isnan(found.value)
    assert "equal scores" in found.reason


@pytest.mark.parametrize(("size", "words"), [(0, "cannot be chosen"), (5, "cannot be chosen")])
def test_a_choice_of_more_than_there_are_is_a_usage_error(size, words):
    with pytest.raises(UsageError, match=words):
        _judged(*_made_up(np.random.default_rng(0), n=60), size)


def test_too_many_choices_are_a_usage_error():
    generator = np.random.default_rng(0)
    with pytest.raises(UsageError, match="27,132 choices of 6 of 19"):
        _judged(generator.normal(size=(19, 60)), generator.normal(size=60), 6)
