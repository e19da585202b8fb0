from __future__ import annotations

import numpy as np
import pytest

from zsbench.errors import NothingToReportError, UsageError
from zsbench.stats import Population, parse_regimes


@pytest.fixture
def population():
    return Population(
        truth=np.arange(100.0),
        valid=np.arange(100) % 2 == 0,
        representative=np.arange(100) // 4 * 4,
    )


def _chosen(text, population):
    (regime,) = parse_regimes(text)
    return np.flatnonzero(regime.select(population)).tolist()


def test_all_keeps_everything(population):
    assert _chosen("all", population) == list(range(100))


def test_valid_keeps_networks_in_which_every_operator_matters(population):
    assert _chosen("valid", population) == list(range(0, 100, 2))


def test_unique_keeps_the_lowest_index_of_each_class(population):
    assert _chosen("unique", population) == list(range(0, 100, 4))


def test_unique_takes_another_member_where_the_first_is_not_there():
    population = Population(np.arange(3.0), np.array([False, True, True]), np.array([7, 7, 7]))
    assert _chosen("valid&unique", population) == [1]


def test_the_top_share_starts_at_the_interpolated_percentile(population):
    assert _chosen("top5%", population) == [95, 96, 97, 98, 99]


def test_networks_tied_at_the_threshold_all_count():
    population = Population(np.array([1.0, 2.0, 2.0, 2.0]), np.ones(4, bool), np.arange(4))
    assert _chosen("top25%", population) == [1, 2, 3]


def test_steps_apply_from_left_to_right(population):
    assert _chosen("valid&top10%", population) == [90, 92, 94, 96, 98]
    assert _chosen("top10%&valid", population) == [90, 92, 94, 96, 98]
    assert _chosen("top5%&unique", population) == [95, 96]
    assert _chosen("unique&top8%", population) == [92, 96]


def test_alternatives_spread_into_a_curve():
    assert [regime.name for regime in parse_regimes("valid&top1%,5%,10%")] == [
        "valid&top1%",
        "valid&top5%",
        "valid&top10%",
    ]


@pytest.mark.parametrize("text", ["uniqe", "top5", "params<=1M", "", "valid&", "top0%", "top101%"])
def test_an_unknown_regime_is_a_usage_error(text):
    with pytest.raises(UsageError):
        parse_regimes(text)


def test_a_misspelt_regime_gets_a_suggestion():
    with pytest.raises(UsageError) as caught:
        parse_regimes("uniqe")
    assert "unique" in caught.value.hint


def test_an_empty_regime_is_nothing_to_report():
    population = Population(np.arange(3.0), np.zeros(3, bool), np.arange(3))
    (regime,) = parse_regimes("valid&top5%")
    with pytest.raises(NothingToReportError, match="none of the 3 networks"):
        regime.select(population)
