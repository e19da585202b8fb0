from __future__ import annotations

import itertools
from dataclasses import replace

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
        costs={"params": np.arange(100) // 10 * 1e5, "flops": np.where(np.arange(100) < 8, np.nan, np.arange(100.0))},
        operations={"none": np.arange(100) % 3, "conv_3x3": np.arange(100) % 7},
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


@pytest.mark.parametrize("text", ["uniqe", "top5", "", "valid&", "top0%", "top101%"])
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params<=0.1M", range(20)),
        ("params<=100k", range(20)),
        ("PARAMS < 100K", range(10)),
        ("params>=900000", range(90, 100)),
        ("params>.8M", range(90, 100)),
        ("params=0", range(10)),
        ("params != 0", range(10, 100)),
        ("flops<=10", [8, 9, 10]),
        ("ops:none=0&ops:conv_3x3=6", [6, 27, 48, 69, 90]),
        ("ops:CONV_3x3>5", range(6, 100, 7)),
        ("params>=200k&params<400k&valid", range(20, 40, 2)),
        ("params<=100k&top10%", [18, 19]),
    ],
)
def test_costs_and_operations_choose(population, text, expected):
    assert _chosen(text, population) == list(expected)


@pytest.fixture
def families():
    names = ["ResNet", "DenseNet", "ResNet", "QNet"]
    return Population(np.arange(4.0), np.ones(4, bool), np.arange(4), groups={"family": names})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("family:ResNet", [0, 2]), ("Family: densenet", [1]), ("family:resnet & top50%", [2]), ("family:qnet", [3])],
)
def test_a_group_holds_its_members(families, text, expected):
    assert _chosen(text, families) == expected


def test_a_group_of_the_space_that_no_network_here_is_in_is_empty_not_unknown(families):
    known = {"Family": frozenset({"ResNet", "DenseNet", "QNet", "VGG"})}
    some = replace(families, known_groups=known)
    assert _chosen("family:densenet", some) == [1]
    for regime in parse_regimes("family:vgg"):
        with pytest.raises(NothingToReportError, match="holds none of the 4 networks scored"):
            regime.select(some)
    (unknown,) = parse_regimes("family:vg")
    with pytest.raises(UsageError, match="unknown family"):
        unknown.select(some)


def test_groups_are_shown_as_they_are_typed():
    assert [regime.name for regime in parse_regimes("valid & Family: ResNet, family:WRN")] == [
        "valid&family:ResNet",
        "valid&family:WRN",
    ]


@pytest.mark.parametrize(("text", "first"), [("family:ResNt", "ResNet"), ("famly:resnet", "family")])
def test_an_unknown_group_or_grouping_gets_a_suggestion(families, text, first):
    (regime,) = parse_regimes(text)
    with pytest.raises(UsageError) as caught:
        regime.select(families)
    assert caught.value.hint.startswith(f"did you mean {first}")


def test_costs_of_devices_are_in_their_own_unit(population):
    latency = {"latency:raspi4": np.arange(100.0)}
    devices = Population(population.truth, population.valid, population.representative, latency)
    assert _chosen("latency:raspi4<=5ms", devices) == _chosen("LATENCY:RASPI4<= 5 MS", devices) == list(range(6))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("latency:raspy4<=5ms", "'raspy4'", "did you mean raspi4? installed: edgetpu, raspi4; zsbench data import"),
        ("latency:zzz<=5ms", "'zzz'", "installed: edgetpu, raspi4; zsbench data import"),
        ("latency:raspi4@x:q0..q9", "'raspi4@x'", "did you mean raspi4 or raspi4@hw or raspi4@help?"),
        ("latency<=5ms", "latency of which device?", "installed: edgetpu, raspi4;"),
        ("energy:raspi4<=5mJ", "no energy of any device", "zsbench data import SPACE FILE"),
    ],
)
def test_a_device_that_is_not_installed_says_which_are_and_what_brings_more(population, text, message, hint):
    named = ("latency:raspi4", "latency:edgetpu", "latency:raspi4@hw", "latency:raspi4@help")
    latency = dict.fromkeys(named, np.arange(100.0)) | {"params": np.arange(100.0)}
    devices = Population(population.truth, population.valid, population.representative, latency)
    with pytest.raises(UsageError) as caught:
        _chosen(text, devices)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_network_of_unknown_cost_is_never_within_a_budget(population):
    assert set(range(8)).isdisjoint(_chosen("flops>=0", population))
    assert set(range(8)).isdisjoint(_chosen("flops!=50", population))
    assert set(range(8)).isdisjoint(_chosen("flops:q0..q100", population))


def test_bands_of_a_cost_that_meet_share_no_network_and_lose_none(population):
    ends = [0, 25, 50, 75, 100]
    bands = [_chosen(f"params:q{low}..q{high}", population) for low, high in itertools.pairwise(ends)]
    assert sorted(place for band in bands for place in band) == list(range(100))


def test_quantiles_are_those_of_what_the_steps_before_left(population):
    assert _chosen("flops:q50..q100", population) == list(range(54, 100))
    assert _chosen("params<=100k&flops:q50..q100", population) == list(range(14, 20))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Params <= 1m & VALID", "params<=1M&valid"),
        ("flops<=.5g", "flops<=.5G"),
        ("flops:Q25..q50", "flops:q25..q50"),
        ("ops:None = 0", "ops:none=0"),
        ("params<=10K", "params<=10k"),
        ("Latency:Raspi4 <= 20 MS", "latency:raspi4<=20ms"),
        ("energy:eyeriss<3mj", "energy:eyeriss<3mJ"),
    ],
)
def test_a_regime_is_shown_in_one_spelling_that_reads_back(typed, shown):
    (regime,) = parse_regimes(typed)
    assert regime.name == shown
    assert parse_regimes(shown) == [regime]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("params<=X", "at character 9, 'X'"),
        ("valid & params<=", "at its end"),
        ("params<=1X", "at character 10, 'X'"),
        ("params<=1Mx", "at character 11, 'x'"),
        ("params<==1M", "at character 9, '='"),
        ("valid&params<=-1", "at character 15, '-'"),
        ("<=1M", "at character 1, '<'"),
        ("ops:=1", "at character 5, '='"),
        ("flops:q25", "at its end"),
        ("flops:q25-q50", "at character 10, '-'"),
        ("flops:q25..50", "at character 12, '5'"),
        ("flops:q25..q101", "at character 12, 'q'"),
        ("all&flops:q25..q50x", "at character 19, 'x'"),
        (":q1..q2", "at character 1, ':'"),
        ("latency:raspi4<=20s", "at character 19, 's': expected the unit ms"),
        ("latency:raspi4<=20", "at its end: expected the unit ms"),
        ("latency:raspi4<=20&valid", "at character 19, '&': expected the unit ms"),
        ("latency:raspi4<=20k", "at character 19, 'k': expected the unit ms"),
        ("energy:edgegpu<=10ms", "at character 19, 'm': expected the unit mJ"),
        ("valid&energy:edgegpu", "at its end: expected a limit, such as <=20mJ"),
        ("latency:raspi4,valid", "at character 15, ',': expected a limit"),
        ("params<=20ms", "at character 12, 's'"),
        ("valid & uniqe", "at character 9 of 'valid & uniqe'"),
        ("valid&top1%,5", "at character 13 of"),
    ],
)
def test_a_regime_that_does_not_parse_points_at_the_character(text, where):
    with pytest.raises(UsageError) as caught:
        parse_regimes(text)
    assert where in caught.value.message


def test_quantiles_in_the_wrong_order_are_a_usage_error():
    with pytest.raises(UsageError, match="hold nothing"):
        parse_regimes("flops:q50..q25")


@pytest.mark.parametrize("text", ["parms<=1M", "ops:conv_3=0", "parms:q0..q50"])
def test_an_unknown_cost_or_operation_gets_a_suggestion(population, text):
    (regime,) = parse_regimes(text)
    with pytest.raises(UsageError) as caught:
        regime.select(population)
    assert "did you mean" in caught.value.hint


def test_a_space_that_states_no_costs_says_so():
    (regime,) = parse_regimes("params<=1M")
    with pytest.raises(UsageError, match="does not state 'params': no such cost"):
        regime.select(Population(np.arange(3.0), np.ones(3, bool), np.arange(3)))
