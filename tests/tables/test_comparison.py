"""Published beside measured: what is comparable, how far apart, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zsbench.errors import UsageError
from zsbench.registry import proxies, spaces
from zsbench.stats import parse_regimes, parse_statistic
from zsbench.tables.comparison import comparison, layouts, load_layout, verdict
from zsbench.tables.published import Printed, Spread, read_published


def printed(text: str, **other: str) -> Printed:
    row = {"source": "paper2024", "space": "nb201", "population": "all15625", "dataset": "cifar10", "proxy": "snip"}
    return Printed(**(row | {"statistic": "kendall", "text": text, "target": "test", "note": ""} | other))


def test_a_printed_number_stands_for_all_that_rounds_to_it():
    spread = Spread((printed("0.46"), printed("0.454")))
    assert spread.low == pytest.approx(0.4535)
    assert spread.high == pytest.approx(0.465)
    assert spread.text == "0.454 paper2024, 0.46 paper2024"


def test_the_distance_is_signed_and_zero_inside():
    spread = Spread((printed("0.40"), printed("0.50")))
    assert spread.distance(0.45) == 0
    assert spread.distance(0.6) == pytest.approx(0.095)
    assert spread.distance(0.3) == pytest.approx(-0.095)


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.46, 0.3, 0.6, "inside"),
        (0.48, 0.479, 0.481, "within 0.03"),
        (0.36, 0.2, 0.46, "within our interval"),
        (0.36, 0.3, 0.4, "outside by -0.095"),
        (0.60, 0.5, 0.7, "outside by +0.135"),
    ],
)
def test_a_verdict_says_how_the_measured_value_stands_to_print(value, low, high, said):
    assert verdict(Spread((printed("0.46"),)), value, low, high) == said


def test_every_table_that_ships_names_spaces_regimes_statistics_and_proxies_that_exist():
    assert layouts()
    for name in layouts():
        layout = load_layout(name)
        space = spaces()[layout.space]
        assert space.dataset(layout.dataset).name == layout.dataset
        assert {p.published for p in layout.populations}
        for population in layout.populations:
            assert len(parse_regimes(population.regime)) == 1
        for statistic in layout.statistics:
            parse_statistic(statistic)
        assert layout.causes.keys() <= proxies().keys()
        assert {ours for renamed in layout.renamed.values() for ours in renamed.values()} <= proxies().keys()


def test_a_table_without_any_score_still_prints_what_is_published():
    table = comparison(load_layout("nb201-cifar10"), proxies(), {}, ())
    records = table.records()
    assert {"population": "all", "statistic": "kendall", "proxy": "snip"}.items() <= next(
        r for r in records if r["proxy"] == "snip"
    ).items()
    assert {r["verdict"] for r in records} == {"not scored yet"}


def test_accuracy_columns_are_not_mixed():
    layout = load_layout("nb201-cifar10")
    rows = [printed("0.5"), printed("0.6", target="valid"), printed("0.7", target=""), printed("0.8", dataset="x")]
    assert [row.text for row in layout.comparable(rows)] == ["0.5"]
    trusting = replace(layout, unstated_target=("paper2024",))
    assert [row.text for row in trusting.comparable(rows)] == ["0.5", "0.7"]


def test_one_name_for_two_functions_is_told_apart_by_source():
    layout = load_layout("nb201-cifar10")
    assert layout.our_name(printed("0.54", source="zico2023", proxy="flops")) == "flops_all"
    assert layout.our_name(printed("0.578", source="aznas2024", proxy="flops")) == "flops"


def test_every_published_number_is_readable_and_has_a_source():
    rows = read_published()
    assert len(rows) > 1000
    assert all(row.source for row in rows)
    assert all(-1 <= row.value <= 1 for row in rows if row.statistic in {"kendall", "spearman"})


def test_an_unknown_table_is_a_usage_error_with_a_suggestion():
    with pytest.raises(UsageError, match="unknown table 'nb201-cifar'") as error:
        load_layout("nb201-cifar")
    assert "nb201-cifar10" in error.value.hint
