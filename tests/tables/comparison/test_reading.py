"""The rules by which published rows are read."""

from __future__ import annotations

import pytest

from zsbench.errors import ZsbenchError
from zsbench.registry import proxies
from zsbench.tables.comparison.reading import Rule, read_reading
from zsbench.tables.published import RECOMPUTED, read_published


def test_a_rule_holds_for_rows_with_all_of_its_values(printed):
    rule = Rule.of({"source": ["a", "b"], "proxy": "up", "why": "so"})
    assert rule.holds_for(printed(source="a", proxy="up"))
    assert rule.holds_for(printed(source="b", proxy="up"))
    assert not rule.holds_for(printed(source="c", proxy="up"))
    assert not rule.holds_for(printed(source="a", proxy="down"))


def test_a_rule_about_a_column_that_rows_lack_is_refused(publish):
    publish(rules='target = []\nrenamed = []\n[[not_comparable]]\ncolour = "red"\nwhy = "so"\n[causes]\n')
    with pytest.raises(ZsbenchError, match="no columns of published rows: colour"):
        read_reading()


def test_flops_that_count_batch_norm_are_told_apart_by_source(printed):
    reading = read_reading()
    on_nb201 = {"space": "nb201", "dataset": "cifar10", "proxy": "flops"}
    assert reading.as_ours(printed(source="zico2023", **on_nb201)).proxy == "flops_all"
    assert reading.as_ours(printed(source="aznas2024", **on_nb201)).proxy == "flops"
    assert reading.as_ours(printed(source="apd", **on_nb201)).proxy == "flops_all"
    assert reading.as_ours(printed(source="apd", **on_nb201 | {"dataset": "ImageNet16-120"})).proxy == "flops"


def test_zeros_on_dense_tasks_are_no_measurements(printed):
    reading = read_reading()
    on_task = {"space": "transnas-micro", "dataset": "normal", "proxy": "synflow"}
    assert reading.not_comparable(printed("0.00", **on_task))
    assert not reading.not_comparable(printed("0.02", **on_task))
    assert not reading.not_comparable(printed("0.00", **on_task | {"dataset": "scene"}))


def test_every_rule_that_ships_holds_for_a_row_and_names_proxies_of_ours():
    reading, raw = read_reading(), read_published()
    for rule in (*reading.targets, *reading.renamed):
        assert any(rule.holds_for(row) for row in raw), rule
    as_ours = [reading.as_ours(row) for row in raw]
    for rule in reading.blocked:
        assert any(rule.holds_for(row) for row in as_ours), rule
    assert {rule.result for rule in reading.renamed} <= proxies().keys()
    assert reading.causes.keys() <= proxies().keys()


def test_every_published_number_is_readable_and_has_a_source():
    rows = read_published()
    assert len(rows) > 1000
    assert all(row.source for row in rows)
    assert all(-1 <= row.value <= 1 for row in rows if row.statistic in {"kendall", "spearman"})


def test_exact_checks_give_correlations_under_our_names(publish):
    publish(
        checks=[
            'nb201.kendall_b.flops_bn_pool.all15625_top5.cifar10,0.015099,"how, in words"',
            "nb201.spearman.nbsz_zen.valid9445.cifar10,0.114674,how",
            "nb201.kendall_b.num_convs.all15625.cifar10,0.1,how",
            "nb201.count.all15625,15625,how",
        ]
    )
    first, second = read_published(RECOMPUTED)
    assert (first.proxy, first.statistic, first.population, first.target) == (
        "flops_all",
        "kendall",
        "all15625_top5",
        "test",
    )
    assert (second.proxy, second.source, second.text) == ("zen", "suite-zero scores", "0.114674")


def test_published_numbers_that_are_not_there_are_an_explained_error(publish, tmp_path):
    publish()
    (tmp_path / "data" / "published" / "correlations.csv").unlink()
    with pytest.raises(ZsbenchError, match="cannot read the published numbers"):
        read_published()
