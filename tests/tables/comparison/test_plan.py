"""Layouts, and the ones that ship: they name only what exists."""

from __future__ import annotations

import pytest

from zsbench.errors import ZsbenchError
from zsbench.registry import proxies, spaces
from zsbench.stats import parse_regimes
from zsbench.tables.comparison.plan import Plan, Population, asked
from zsbench.tables.comparison.reading import read_reading
from zsbench.tables.named import layouts, read_layout
from zsbench.tables.published import read_published

SHIPPED = [name for name in layouts() if read_layout(name)["kind"] == "correlations"]
LATER = {"nb101", "nb301", "nats-sss", "transnas-micro", "transnas-macro"}
"""Spaces that layouts name before they are part of zsbench."""


def plan_of(name):
    return Plan.of(read_layout(name), name)


def printed_for(plan):
    reading = read_reading()
    return [reading.as_ours(row) for row in read_published(plan.published)]


def test_the_tables_of_the_survey_ship():
    expected = {"survey-nb201", "survey-nb201-top5", "survey-nb101", "survey-nats-sss", "survey-transnas", "suite-zero"}
    assert set(SHIPPED) >= expected | {"aznas"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_that_ships_names_what_exists(name):
    plan = plan_of(name)
    rows = printed_for(plan)
    assert plan.statistics
    assert set(plan.statistics) <= {row.statistic for row in rows}
    assert {*plan.sources, *plan.without} <= {row.source for row in rows}
    assert set(plan.proxies) <= {row.proxy for row in rows} | proxies().keys()
    for scope in plan.scopes:
        assert scope.space in spaces() or scope.space in LATER
        in_space = [row for row in rows if row.space == scope.space]
        for dataset in scope.datasets:
            assert dataset in {row.dataset for row in in_space}
            if scope.space in spaces():
                assert spaces()[scope.space].dataset(dataset).name == dataset
        for population in scope.populations:
            assert {regime.name for regime in parse_regimes(population.regime)} == {population.regime}
            assert set(population.published) <= {row.population for row in in_space}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_population_of_a_table_that_ships_has_something_published(name):
    plan = plan_of(name)
    about = plan.about(printed_for(plan))
    for scope in plan.scopes:
        for population in scope.populations:
            claimed = any(scope.claims(row) is population for row in about)
            # Families of networks are there to be measured: nobody prints correlations within them.
            assert claimed or "family:" in population.regime, (scope.space, population)


def test_a_table_is_about_its_sources_statistics_and_proxies(printed, layout):
    rows = [
        printed(),
        printed(source="b"),
        printed(statistic="ndcg"),
        printed(proxy="down"),
        printed(dataset="elsewhere"),
    ]

    def kept(**other):
        return [rows.index(row) for row in Plan.of(layout(**other), "t").about(rows)]

    assert kept() == [0, 1, 3]
    assert kept(sources=["b"]) == [1]
    assert kept(without=["b"]) == [0, 3]
    assert kept(proxies=["up"], without=["b"]) == [0]
    assert kept(statistics=["ndcg"]) == [2]


def test_suite_zero_is_thirteen_proxies_on_nineteen_tasks():
    plan = plan_of("suite-zero")
    about = plan.about(printed_for(plan))
    assert (len(plan.proxies), len(plan.where)) == (13, 19)
    assert len({(row.proxy, row.space, row.dataset) for row in about}) == len(about) == 13 * 19


@pytest.mark.parametrize(
    ("published", "sample", "ours"),
    [
        ("kendall", None, "kendall"),
        ("abs_spearman", None, "abs_spearman"),
        ("ndcg", None, "ndcg@1000"),
        ("precision@100", None, "p@100"),
        ("precision@100", 1000, "p@10%"),
        ("precision@top5%", 1000, "p@5%"),
    ],
)
def test_published_statistics_have_ours(published, sample, ours):
    assert asked(published, sample).name == ours


def test_pairwise_agreement_is_no_statistic_of_ours():
    assert asked("pairwise_agreement") is None


def test_a_population_knows_its_size_from_its_name():
    assert Population("all", ("all15625",)).size == 15_625
    assert Population("all", ("all",)).size is None
    assert Population("all", ("all15625", "unique6466")).size is None


@pytest.mark.parametrize("broken", [{"scope": [{}]}, {"scope": [], "colour": "red"}, {}])
def test_a_layout_that_is_none_says_which_file(broken):
    with pytest.raises(ZsbenchError, match=r"configs/tables/mine\.toml is not a table of correlations"):
        Plan.of({"title": "T", "statistics": []} | broken, "mine")
