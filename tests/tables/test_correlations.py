from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError, UsageError
from zsbench.render import Format, render
from zsbench.score import Status
from zsbench.stats import parse_regimes, parse_statistic
from zsbench.tables.ceiling import ceiling_of
from zsbench.tables.correlations import Question, correlations
from zsbench.tables.measured import measured
from zsbench.tables.people import people_table
from zsbench.tables.records import records_table

COLUMNS = [
    *("space", "dataset", "target", "regime", "proxy", "statistic", "value", "low", "high", "stderr"),
    *("n", "failed", "ties", "conditions", "degenerate"),
]
NOISY = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]


@pytest.fixture
def ask(dozen, truth, known):
    def answer(
        sets,
        regime="all",
        stats=("kendall",),
        proxies=None,
        sort="",
        against=None,
        draws=0,
        ceiling=False,
        with_cost=False,
    ):
        (table,) = measured(sets, known)
        (chosen,) = parse_regimes(regime)
        question = Question(
            tuple(parse_statistic(name) for name in stats),
            tuple(known[name] for name in proxies or known),
            sort,
            known[against] if against else None,
            draws,
            ceiling,
            with_cost,
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
        f"Conditions {Conditions().id}: unified, photos x 64",
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
    for one, name in zip(sets, ("up", "down"), strict=True):
        said = f"Conditions {one.conditions.id}: {one.conditions.describe()} ({name})."
        assert said in captions


def test_proxies_over_different_networks_are_pointed_out(ask, stored):
    some = [*NOISY[:6], *[None] * (len(NOISY) - 6)]
    captions = people_table(ask([stored(up=NOISY, down=some)], proxies=["up", "down"])).captions
    assert any(text.startswith("Mind n: proxies are scored on 6 to") for text in captions)
    together = people_table(ask([stored(up=NOISY, down=NOISY)], proxies=["up", "down"])).captions
    assert not any(text.startswith("Mind n") for text in together)


def test_scores_without_any_known_accuracy_are_nothing_to_report(ask, stored):
    with pytest.raises(NothingToReportError, match="none of the 1 networks"):
        ask([stored(up=[1], start=11)])


def test_every_proxy_is_compared_on_the_networks_where_both_have_a_number(ask, stored):
    other = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5]
    result = ask([stored(up=[None, Status.FAILED, *NOISY[2:]], down=other)], proxies=["up", "down"], against="down")
    records = _records(result)
    used = list(range(2, 11))
    record = records["up", "kendall-vs-down"]
    expected = kendalltau(np.array(NOISY)[used], used).statistic + kendalltau(np.array(other)[used], used).statistic
    assert record["value"] == pytest.approx(expected)
    assert record["low"] < record["value"] < record["high"]
    assert (record["n"], records["up", "kendall"]["n"]) == (9, 9)
    assert records["down", "kendall"]["n"] == 11
    assert 0 < record["p"] == record["p_holm"] <= 1
    assert ("down", "kendall-vs-down") not in records
    assert records["up", "kendall"]["p"] is None


def test_the_proxy_compared_with_need_not_be_shown_and_p_is_corrected_for_those_that_are(ask, stored):
    records = _records(ask([stored(up=NOISY, down=NOISY[::-1])], proxies=["up", "both"], against="down"))
    assert {name for name, _ in records} == {"up", "both"}
    found = [records[name, "kendall-vs-down"] for name in ("up", "both")]
    assert min(r["p_holm"] for r in found) == pytest.approx(min(1, 2 * min(r["p"] for r in found)))


def test_an_aggregate_can_be_what_others_are_compared_with(ask, stored):
    assert ("up", "kendall-vs-both") in _records(ask([stored(up=NOISY, down=NOISY[::-1])], against="both"))


def test_without_a_comparison_there_are_no_columns_of_it(ask, stored):
    assert [column.name for column in records_table([ask([stored(up=NOISY)])]).columns] == COLUMNS
    compared = records_table([ask([stored(up=NOISY, down=NOISY)], against="up")])
    assert [column.name for column in compared.columns] == [*COLUMNS, "p", "p_holm"]


def test_people_see_the_difference_and_its_corrected_p(ask, stored):
    result = ask([stored(up=list(range(12)), down=NOISY)], stats=["kendall", "p@2"], against="down")
    row = next(row for row in people_table(result).records() if row["proxy"] == "up")
    assert row["tau-b - down"] == pytest.approx(1 + kendalltau(NOISY[:11], range(11)).statistic)
    assert row["p (tau-b)"] == "<0.001"
    assert any("corrected for all proxies of the table (Holm)" in text for text in people_table(result).captions)
    assert "p@2 - down" not in row


def test_too_few_common_networks_are_a_reason_not_a_number(ask, stored):
    up = [*NOISY[:6], *[None] * 6]
    down = [*[None] * 4, *NOISY[4:]]
    result = ask([stored(up=up, down=down)], proxies=["up"], against="down")
    record = _records(result)["up", "kendall-vs-down"]
    assert (record["value"], record["n"], record["p"]) == (None, 2, None)
    text = "No comparison for up: on the 2 networks that have both: 2 networks are too few (at least 3)."
    assert text in people_table(result).captions


def test_comparing_with_what_is_not_scored_is_nothing_to_report(ask, stored):
    with pytest.raises(NothingToReportError, match="down, to compare with"):
        ask([stored(up=NOISY)], against="down")


def test_statistics_without_an_error_compare_nothing(ask, stored):
    with pytest.raises(UsageError, match="not compared by"):
        ask([stored(up=NOISY)], stats=["p@2"], against="down")


def test_top_k_statistics_have_intervals_in_records_and_on_request_for_people(ask, stored):
    result = ask([stored(up=NOISY)], stats=["kendall", "p@3"], draws=50)
    record = _records(result)["up", "p@3"]
    assert record["low"] <= record["value"] <= record["high"]
    assert "[95 % p@3]" not in [column.name for column in people_table(result).columns]
    asked = people_table(result, at_top=True)
    assert "[95 % p@3]" in [column.name for column in asked.columns]
    assert any("percentiles of 50 bootstraps over networks." in text for text in asked.captions)
    undrawn = ask([stored(up=NOISY)], stats=["kendall", "p@3"])
    assert _records(undrawn)["up", "p@3"]["low"] is None
    assert "[95 % p@3]" not in [column.name for column in people_table(undrawn, at_top=True).columns]


def test_the_ceiling_is_a_caption_and_a_proxy_of_its_own_in_records(ask, stored):
    result = ask([stored(up=NOISY)], ceiling=True)
    record = _records(result)["(ceiling)", "kendall"]
    assert 0.5 < record["value"] <= 1
    assert (record["n"], record["failed"], record["low"]) == (11, 0, None)
    text = f"reach tau-b {record['value']:.3f}, for the noise of the truth (equal networks, trained apart)."
    assert any(
        caption.startswith("Ceiling: a perfect proxy would") and text in caption
        for caption in people_table(result).captions
    )
    assert "(ceiling)" not in [row["proxy"] for row in people_table(result).records()]
    assert ("(ceiling)", "kendall") not in _records(ask([stored(up=NOISY)]))


def test_single_runs_of_the_truth_tell_its_noise_before_isomorphic_networks_do(dozen, truth):
    runs = truth.values[:, None] + np.array([0.0, 0.1])
    seeded = dataclasses.replace(truth, values=runs.mean(axis=1), seeds=runs)
    statistics = [parse_statistic("kendall")]
    found = ceiling_of(seeded, dozen, np.arange(11), statistics)
    assert found.source == "repeated trainings"
    assert found.values[0] > ceiling_of(truth, dozen, np.arange(11), statistics).values[0]


def test_truth_whose_noise_nothing_tells_has_no_ceiling(dozen, truth, monkeypatch):
    monkeypatch.setattr(type(dozen), "keys", lambda self: [str(i) for i in range(len(self))])
    assert ceiling_of(truth, dozen, np.arange(11), [parse_statistic("kendall")]) is None


def _seconds(scores, **seconds):
    columns = {
        name: dataclasses.replace(column, seconds=np.array(seconds.get(name, column.seconds), float))
        for name, column in scores.columns.items()
    }
    return dataclasses.replace(scores, columns=columns)


def test_cost_is_the_median_of_what_gave_a_number_and_comes_only_if_asked_for(ask, stored):
    scores = _seconds(stored(up=[Status.OOM, *NOISY[1:]]), up=[50, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])
    assert [column.name for column in records_table([ask([scores])]).columns] == COLUMNS
    table = records_table([ask([scores], with_cost=True)])
    assert [column.name for column in table.columns] == [*COLUMNS, "seconds", "pareto"]
    (record,) = table.records()
    assert record["seconds"] == np.median([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])  # the last network has no accuracy
    (row,) = people_table(ask([scores], with_cost=True)).records()
    assert (row["ms/network"], row["Pareto"]) == (3500, "yes")


def test_an_aggregate_costs_what_its_parts_do(ask, stored):
    scores = _seconds(stored(up=NOISY, down=NOISY[::-1]), up=[2] * 12, down=[3] * 12)
    records = {r["proxy"]: r for r in records_table([ask([scores], with_cost=True)]).records()}
    assert [records[name]["seconds"] for name in ("up", "down", "both")] == [2, 3, 5]


@pytest.mark.parametrize(
    ("up", "down", "front"),
    [
        (1.0, 5.0, {"up"}),  # better and cheaper
        (5.0, 1.0, {"up", "down"}),
        (1.05, 1.0, {"up"}),  # better at about the same cost
    ],
)
def test_the_pareto_front_is_what_nothing_beats_at_both(ask, stored, up, down, front):
    scores = _seconds(stored(up=list(range(12)), down=NOISY), up=[up] * 12, down=[down] * 12)
    records = records_table([ask([scores], proxies=["up", "down"], with_cost=True)]).records()
    assert {record["proxy"] for record in records if record["pareto"]} == front


def test_an_aggregate_that_lacks_a_part_is_named(ask, stored):
    captions = people_table(ask([stored(up=NOISY)])).captions
    assert "No both: down has no scores here." in captions
    assert not any(text.startswith("No both") for text in people_table(ask([stored(up=NOISY, down=NOISY)])).captions)


def test_a_reason_that_all_proxies_share_names_none_of_them(ask, stored):
    captions = people_table(ask([stored(up=NOISY, down=NOISY[::-1])], stats=["kendall", "p@50"])).captions
    assert "No p@50 for any proxy: k = 50 exceeds the 11 networks." in captions
