from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError, UsageError
from zsbench.render import Format, render
from zsbench.score import Status
from zsbench.stats import parse_regimes, parse_statistic
from zsbench.tables.correlations import Question, correlations, people_table, records_table
from zsbench.tables.measured import measured

COLUMNS = [
    *("space", "dataset", "target", "regime", "proxy", "statistic", "value", "low", "high", "stderr"),
    *("n", "failed", "ties", "conditions", "degenerate"),
]
NOISY = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]


@pytest.fixture
def ask(dozen, truth, known):
    def answer(sets, regime="all", stats=("kendall",), proxies=None, sort=""):
        (table,) = measured(sets, known)
        (chosen,) = parse_regimes(regime)
        question = Question(
            tuple(parse_statistic(name) for name in stats),
            tuple(known[name] for name in proxies or known),
            sort,
        )
        return correlations(table, dozen, truth, chosen, question)

    return answer


def _records(result):
    return {(record["proxy"], record["statistic"]): record for record in records_table([result]).records()}


def test_the_names_and_order_of_record_columns_are_a_contract(ask, stored):
    table = records_table([ask([stored(up=NOISY)])])
    assert [column.name for column in table.columns] == COLUMNS


def test_only_networks_with_an_accuracy_and_a_score_count(ask, stored):
    scores = [*NOISY[:3], None, Status.FAILED, *NOISY[5:]]
    record = _records(ask([stored(up=scores, down=NOISY)]))["up", "kendall"]
    used = [0, 1, 2, 5, 6, 7, 8, 9, 10]
    assert record["n"] == 9
    assert record["failed"] == 1
    assert record["value"] == pytest.approx(kendalltau(np.array(NOISY)[used], used).statistic)
    assert record["conditions"] == Conditions().id


def test_scores_that_are_better_when_lower_are_turned_around(ask, stored):
    records = _records(ask([stored(up=NOISY, down=NOISY)]))
    assert records["down", "kendall"]["value"] == pytest.approx(-records["up", "kendall"]["value"])


def test_an_aggregate_is_ranked_within_the_regime(ask, stored, known):
    falling = list(range(12))[::-1]
    top = ask([stored(up=NOISY, down=falling)], regime="top30%", proxies=["both"])
    expected = known["both"].score(np.array(NOISY[7:11]), -np.array(falling[7:11]))
    assert top.lines[0].scores.value.tolist() == expected.tolist()


def test_a_proxy_that_is_defined_on_none_of_the_networks_is_named_and_has_no_row(ask, stored):
    result = ask([stored(up=[Status.UNSUPPORTED] * 12, down=NOISY)])
    assert {name for name, _ in _records(result)} == {"down"}
    assert "Not defined on these networks: up." in people_table(result).captions


def test_a_proxy_without_any_number_keeps_its_row(ask, stored):
    result = ask([stored(up=[Status.FAILED] * 12, down=NOISY)])
    record = _records(result)["up", "kendall"]
    assert (record["value"], record["n"], record["failed"], record["ties"]) == (None, 0, 11, None)
    assert any(
        "No statistic for both, up: no network has a score" in caption for caption in people_table(result).captions
    )


def test_a_proxy_that_was_never_tried_has_no_row(ask, stored):
    assert _order(ask([stored(up=NOISY)])) == ["up"]


def test_degenerate_scores_count_and_are_counted(ask, stored, with_status):
    record = _records(ask([with_status(stored(up=NOISY), "up", 3, Status.DEGENERATE)]))["up", "kendall"]
    assert (record["n"], record["failed"], record["degenerate"]) == (11, 0, 1)


@pytest.mark.parametrize(
    ("regime", "n"), [("all", 11), ("valid", 9), ("unique", 6), ("top20%", 3), ("valid&unique", 5)]
)
def test_a_regime_restricts_all_counts(ask, stored, regime, n):
    result = ask([stored(up=NOISY)], regime=regime)
    assert result.networks == n
    assert result.lines[0].n == n


def test_the_best_come_first_and_undefined_last(ask, stored):
    rising, constant = list(range(12)), [1] * 12
    assert _order(ask([stored(up=rising, down=rising)], proxies=["down", "up"])) == ["up", "down"]
    assert _order(ask([stored(up=constant, down=rising)]))[-1] == "up"


def test_the_order_can_be_that_of_another_statistic_or_of_names(ask, stored):
    rising = list(range(12))
    sets = [stored(up=rising, down=rising)]
    assert _order(ask(sets, stats=["kendall", "regret@1"], sort="regret@1", proxies=["down", "up"])) == ["up", "down"]
    assert _order(ask(sets, sort="proxy")) == ["both", "down", "up"]


def _order(result):
    return [line.scores.proxy.name for line in result.lines]


def test_sorting_by_what_is_not_shown_is_a_usage_error():
    with pytest.raises(UsageError, match="sort key"):
        Question((parse_statistic("kendall"),), (), "spearman")


def test_without_intervals_the_columns_stay_and_are_empty(ask, stored):
    table = records_table([ask([stored(up=NOISY)])], intervals=False)
    (record,) = table.records()
    assert [record[name] for name in ("low", "high", "stderr")] == [None] * 3
    assert not math.isnan(record["value"])
    names = [column.name for column in people_table(ask([stored(up=NOISY)]), intervals=False).columns]
    assert "tau-b" in names
    assert not any("95" in name for name in names)


def test_people_read_what_the_table_is_over(ask, stored):
    text = render(people_table(ask([stored(up=[*NOISY[:11], 1], down=[Status.NAN, *NOISY[1:]])])), Format.MD)
    for words in (
        "dozen, tiny, target valid, regime all",
        "Target valid: made up.",
        "11 networks; tau between unrelated rankings of as many has a standard error of 0.234",
        "random order of tied networks",
        "Conditions: unified, photos x 64",
        "Failed (no number, left out): 1 of each of both, down.",
    ):
        assert words in text


def test_different_conditions_in_one_table_are_told_apart(ask, stored):
    sets = [
        stored(up=NOISY, conditions=Conditions(protocol="original", batch_size=64)),
        stored(down=NOISY, conditions=Conditions(protocol="original", batch_size=128)),
    ]
    result = ask(sets, proxies=["up", "down"])
    captions = people_table(result).captions
    assert any(text.startswith("Conditions of up: original, photos x 64") for text in captions)
    assert any(text.startswith("Conditions of down: original, photos x 128") for text in captions)


def test_scores_without_any_known_accuracy_are_nothing_to_report(ask, stored):
    with pytest.raises(NothingToReportError, match="none of the 1 networks"):
        ask([stored(up=[1], start=11)])
