from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from zsbench.errors import UsageError
from zsbench.score import Status
from zsbench.stats import parse_regimes, parse_statistic
from zsbench.tables.bias import TRUTH, bias_of, bias_records, bias_table
from zsbench.tables.correlations import Question, correlations
from zsbench.tables.measured import measured

NOISY = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
SIZES = np.array([9.0, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4])


@pytest.fixture
def bias(dozen, truth, known, stored, monkeypatch):
    monkeypatch.setattr(type(dozen), "costs", lambda self, dataset: {"params": SIZES})
    monkeypatch.setattr(type(dozen), "operations", lambda self: {"none": np.arange(12) % 3, "conv": np.full(12, 2)})

    def make(stats=("kendall",), **entries):
        (table,) = measured([stored(**entries)], known)
        (regime,) = parse_regimes("all")
        question = Question(tuple(parse_statistic(one) for one in stats), tuple(known.values()))
        return bias_of(correlations(table, dozen, truth, regime, question), dozen)

    return make


def test_every_proxy_and_the_truth_are_set_against_every_property(bias):
    found = {
        (r["proxy"], r["property"]): r for r in bias_records([bias(up=[*NOISY[:3], Status.NAN, *NOISY[4:]])]).records()
    }
    assert {name for name, _ in found} == {TRUTH, "up"}
    kept = [0, 1, 2, *range(4, 11)]
    record = found["up", "params"]
    scores = np.array(NOISY)[kept]
    assert record["value"] == pytest.approx(kendalltau(scores, SIZES[kept]).statistic)
    assert record["low"] < record["value"] < record["high"]
    assert record["n"] == 10
    assert found[TRUTH, "params"]["value"] == pytest.approx(kendalltau(range(11), SIZES[:11]).statistic)
    assert found["up", "none"]["value"] == pytest.approx(kendalltau(scores, np.array(kept) % 3).statistic)


def test_a_property_that_all_networks_share_gives_no_number(bias):
    (record,) = [r for r in bias_records([bias(up=NOISY)]).records() if (r["proxy"], r["property"]) == ("up", "conv")]
    assert record["value"] is None


def test_what_was_measured_on_devices_comes_last(bias, dozen, monkeypatch):
    measured_there = {"latency:raspi4": SIZES, "latency:raspi4@other": SIZES}
    monkeypatch.setattr(type(dozen), "imported_costs", lambda self, dataset: measured_there)
    assert bias(up=NOISY).properties == ("params", "none", "conv", "latency:raspi4")


def test_people_see_a_row_a_proxy_and_the_truth_first(bias):
    table = bias_table(bias(up=NOISY))
    assert [column.name for column in table.columns] == ["proxy", "params", "none", "conv", "n"]
    assert [row[0] for row in table.rows] == [TRUTH, "up"]
    assert math.isnan(table.rows[1][3])
    assert "bias" in table.title


def test_the_statistic_is_the_first_that_is_a_correlation(bias):
    assert bias(stats=("p@2", "spearman"), up=NOISY).statistic.name == "spearman"
    with pytest.raises(UsageError, match="no correlation"):
        bias(stats=("p@2",), up=NOISY)
