"""Published beside measured: which cells there are, what is missing, and what is said of it."""

from __future__ import annotations

import pytest

from zsbench.score import Status
from zsbench.tables.comparison import make
from zsbench.tables.verdict import Outcome, outcome_of

RISING = [float(i) for i in range(11)]


def test_a_cell_has_both_numbers_their_difference_and_a_verdict(publish, stored, records):
    publish({"value": "0.90"}, {"value": "0.95", "source": "other2025"})
    cell = records(stored(up=[0.0, 1.0, 2.0, 4.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]))["up", "kendall"]
    assert cell["published"] == "0.90 paper2024, 0.95 other2025"
    assert cell["measured"] == pytest.approx(1 - 2 / 55)
    assert cell["difference"] == pytest.approx(1 - 2 / 55 - 0.955)
    assert (cell["n"], cell["failed"], cell["verdict"]) == (11, 0, "within 0.03")


def test_failures_are_counted_beside_n(publish, stored, records):
    publish({})
    cell = records(stored(up=[*RISING[:9], Status.NAN, Status.FAILED]))["up", "kendall"]
    assert (cell["n"], cell["failed"]) == (9, 2)


def test_what_only_we_have_is_a_row_and_what_only_papers_have_too(publish, stored, records):
    publish({"proxy": "down"})
    cells = records(stored(up=RISING))
    assert cells["up", "spearman"]["verdict"] == "nothing published"
    assert cells["down", "kendall"]["verdict"] == "missing: not scored"
    assert cells["down", "kendall"]["brings"] == "zsbench score --space dozen --dataset tiny --proxy down"
    assert ("down", "spearman") not in cells


def test_without_any_score_the_command_that_brings_all_is_named(publish, records):
    publish({})
    cell = records(options=" --results here")["up", "kendall"]
    assert cell["published"] == "0.5 paper2024"
    assert cell["verdict"] == "missing: not scored"
    assert cell["brings"] == "zsbench score --space dozen --dataset tiny --results here"


def test_a_space_that_this_version_lacks_still_shows_what_is_published(publish, layout, records):
    publish({"space": "nb999"})
    cell = records(plan=layout(scope={"space": "nb999"}))["up", "kendall"]
    assert cell["published"] == "0.5 paper2024"
    assert cell["verdict"] == "missing: space nb999 is not part of this version"


def test_accuracies_that_are_not_installed_are_said_to_be(publish, layout, stored, records):
    publish({"target": "test"})
    cell = records(stored(up=RISING), plan=layout(scope={"target": "test"}))["up", "kendall"]
    assert cell["verdict"] == "missing: test accuracies of dozen tiny are not installed"
    assert cell["brings"].startswith("zsbench data import dozen FILE")


def test_a_dataset_that_the_space_lacks_is_missing(publish, layout, records):
    publish({"dataset": "huge"})
    cell = records(plan=layout(scope={"datasets": ["huge"]}))["up", "kendall"]
    assert cell["verdict"] == "missing: dozen has no dataset huge in this version"


def test_a_listed_proxy_that_this_version_lacks_has_a_row_and_others_are_named_below(publish, layout, sources, stored):
    publish({"proxy": "unheard"})
    listed = make(layout(proxies=["unheard"]), "t", sources(stored(up=RISING)))
    assert [record["verdict"] for record in listed.records()] == ["missing: unheard is no proxy of this version"]
    free = make(layout(), "t", sources(stored(up=RISING)))
    assert {record["proxy"] for record in free.records()} == {"up"}
    assert "Published too, but no proxies of zsbench: unheard." in free.captions


def test_rows_keep_the_order_of_the_proxies_listed(publish, layout, sources, stored):
    publish()
    table = make(
        layout(proxies=["up", "both", "down"], statistics=["kendall"]), "t", sources(stored(up=RISING, down=RISING))
    )
    assert [record["proxy"] for record in table.records()] == ["up", "both", "down"]


def test_an_aggregate_that_lacks_a_part_names_the_parts(publish, stored, records):
    publish({"proxy": "both"})
    cell = records(stored(up=RISING))["both", "kendall"]
    assert cell["brings"] == "zsbench score --space dozen --dataset tiny --proxy up --proxy down"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"target": ""}, "which accuracy is not stated"),
        ({"target": "test"}, "test accuracy, another target"),
        ({"population": ""}, "over which networks is not stated"),
        ({"population": "random5"}, "over random5, another population"),
    ],
)
def test_what_is_published_of_something_else_is_listed_with_the_reason(publish, records, stored, row, why):
    publish({"statistic": "spearman"} | row)
    cells = records(stored(down=RISING)).values()
    assert [cell["verdict"] for cell in cells if cell["published"]] == [f"not comparable: {why}"]


def test_a_table_may_leave_out_what_nothing_stands_beside(publish, layout, sources, stored):
    publish({"population": "random5"})
    table = make(layout(alone=False), "t", sources(stored(down=RISING)))
    assert not [record for record in table.records() if record["published"]]


def test_a_rule_keeps_a_row_from_being_compared(publish, stored, records):
    rules = (
        'target = []\nrenamed = []\n[[not_comparable]]\nsource = "paper2024"\nwhy = "half of the images"\n[causes]\n'
    )
    publish({"proxy": "down"}, rules=rules)
    cell = records(stored(up=RISING))["down", "kendall"]
    assert cell["verdict"] == "not comparable: half of the images"


def test_the_same_name_for_another_function_is_read_as_ours_and_said_so(publish, layout, sources, stored):
    rule = '[[renamed]]\nsource = "paper2024"\nproxy = "up"\nto = "down"\nwhy = "the other way round"\n'
    publish({"value": "1.0"}, rules=f"target = []\nnot_comparable = []\n{rule}[causes]\n")
    table = make(layout(), "t", sources(stored(down=RISING[::-1])))
    cell = next(record for record in table.records() if record["published"])
    assert (cell["proxy"], cell["verdict"]) == ("down", "inside")
    assert "up of paper2024 is our down: the other way round." in table.captions


def test_an_unstated_target_is_taken_as_the_rule_says(publish, layout, sources, stored):
    rule = '[[target]]\nsource = "paper2024"\ntarget = ""\nis = "valid"\nwhy = "its numbers fit"\n'
    publish({"value": "1.0", "target": ""}, rules=f"renamed = []\nnot_comparable = []\n{rule}[causes]\n")
    table = make(layout(), "t", sources(stored(up=RISING)))
    assert table.records()[0]["verdict"] == "inside"
    assert "paper2024 does not say which accuracy: taken for valid, as its numbers fit." in table.captions


def test_an_absolute_correlation_is_compared_with_ours_without_its_sign(publish, layout, stored, records):
    publish({"statistic": "abs_spearman", "value": "1.00"})
    cell = records(stored(up=RISING[::-1]), plan=layout(statistics=["abs_spearman"]))["up", "abs_spearman"]
    assert cell["measured"] == pytest.approx(1)
    assert cell["verdict"] == "inside"


def test_a_precision_over_random_networks_is_ours_at_the_same_share(publish, layout, stored, records):
    publish({"statistic": "precision@100", "value": "1.0", "population": "random1000"})
    population = {"published": ["random1000"], "sample": 1000}
    cells = records(stored(up=RISING), plan=layout(statistics=["precision@100"], population=population))
    assert cells["up", "p@10%"]["measured"] == pytest.approx(1)
    assert cells["up", "p@10%"]["sample"] == 1000


def test_beside_random_networks_stands_only_what_is_published(publish, layout, stored, records):
    publish({"population": "random7"})
    population = {"published": ["random7"], "sample": 7}
    cells = records(stored(up=RISING, down=RISING), plan=layout(population=population))
    assert list(cells) == [("up", "kendall")]


def test_a_count_is_compared_over_the_whole_population_only(publish, layout, stored, records):
    publish({"statistic": "precision@2", "value": "1.0"})
    cells = records(stored(up=RISING), plan=layout(statistics=["precision@2"]))
    assert cells["up", "p@2"]["verdict"] == "not comparable: p@2 hangs on a count, theirs is of 12"


def test_more_networks_asked_for_than_there_are_is_a_reason_not_a_number(publish, layout, stored, records):
    publish({"statistic": "ndcg"})
    cell = records(stored(up=RISING), plan=layout(statistics=["ndcg"]))["up", "ndcg@1000"]
    assert cell["measured"] is None
    assert cell["verdict"].startswith("not comparable: k = 1000 exceeds")


def test_a_constant_proxy_has_a_reason_not_a_number(publish, stored, records):
    publish({})
    cell = records(stored(up=[1.0] * 11))["up", "kendall"]
    assert cell["verdict"] == "not comparable: every network has the same score"


def test_a_proxy_that_is_not_defined_here_is_not_missing(publish, stored, records):
    publish({})
    cell = records(stored(up=[Status.UNSUPPORTED] * 11, down=RISING))["up", "kendall"]
    assert cell["verdict"] == "not comparable: not defined on these networks"


def test_an_empty_regime_is_missing_with_its_reason(publish, layout, stored, records):
    publish({})
    cell = records(stored(start=9, up=[1.0, 2.0]), plan=layout(population={"regime": "valid"}))["up", "kendall"]
    assert cell["verdict"] == "missing: regime 'valid' holds none of the 2 networks scored"


def test_the_best_are_set_against_the_whole(publish, layout, stored, records):
    publish()
    scores = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0, 9.0, 8.0, 7.0]
    plan = layout(statistics=["kendall"], population={"regime": "top30%", "whole": "all"})
    cell = records(stored(up=scores), plan=plan)["up", "kendall"]
    assert cell["n"] == 4
    assert cell["measured"] == pytest.approx(-1)
    assert cell["whole"] == pytest.approx(1 - 12 / 55)
    assert cell["change"] == pytest.approx(cell["measured"] - cell["whole"])
    assert cell["null_stderr"] > 0.4


def test_every_verdict_is_one_that_can_be_counted(publish, sources, stored, layout):
    publish({}, {"proxy": "down"}, {"population": "elsewhere"}, {"statistic": "spearman", "value": "-1.0"})
    table = make(layout(), "t", sources(stored(up=RISING)))
    assert table.columns[-1].name == "verdict"
    assert {outcome_of(record["verdict"]) for record in table.records()} >= {
        Outcome.DIFFERS,
        Outcome.MISSING,
        Outcome.NOT_COMPARABLE,
    }


def test_captions_say_target_networks_conditions_gaps_and_the_command(publish, layout, sources, stored):
    publish({"proxy": "down"}, {"proxy": "both"})
    scores = stored(up=RISING[:6])
    captions = make(layout(), "mine", sources(scores)).captions
    assert "Target valid of dozen tiny: made up." in captions
    assert "Networks scored, dozen tiny: 6 all; the space has 12." in captions
    assert any(text.startswith("Ours over a sample") for text in captions)
    assert any(text.startswith(f"Conditions {scores.conditions.id}: unified") for text in captions)
    assert "Missing: not scored (2 cells)." in captions
    assert "To bring what is missing: zsbench score --space dozen --dataset tiny --proxy up --proxy down" in captions
    assert captions[-1] == "Made by: zsbench table mine."


def test_why_a_proxy_is_outside_is_said_where_it_is_known(publish, layout, sources, stored):
    publish(
        {"value": "-1.0"},
        {"value": "-1.0", "proxy": "down"},
        rules='target = []\nrenamed = []\nnot_comparable = []\n[causes]\nup = "it is another."\n',
    )
    captions = make(layout(), "t", sources(stored(up=RISING, down=RISING[::-1]))).captions
    assert "Outside, up: it is another." in captions
    assert "Outside, down: cause unknown." in captions
