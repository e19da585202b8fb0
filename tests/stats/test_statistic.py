from __future__ import annotations

import time

import numpy as np
import pytest

from zsbench.errors import UsageError
from zsbench.stats import DEFAULT, evaluate, kendall, parse_statistic, regret_at, spearman
from zsbench.stats.topk import Top


def test_statistics_are_found_by_the_names_people_type():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 60))
    names = ["kendall", "Spearman", "regret@7"]
    tau, rho, regret = evaluate([parse_statistic(name) for name in names], x, y)
    assert (tau, rho, regret) == (kendall(x, y), spearman(x, y), regret_at(x, y, Top(count=7)))


@pytest.mark.parametrize("text", ["kendal", "p", "p@", "p@0", "p@0%", "p@101%", "p@ten", "regret@-1", ""])
def test_unknown_statistics_and_impossible_k_are_usage_errors(text):
    with pytest.raises(UsageError):
        parse_statistic(text)


def test_a_misspelt_statistic_gets_a_suggestion():
    with pytest.raises(UsageError) as caught:
        parse_statistic("kendal")
    assert "kendall" in caught.value.hint


def test_all_default_statistics_of_a_whole_space_take_well_under_a_second():
    generator = np.random.default_rng(0)
    y = generator.normal(size=15_625)
    x = np.round(y + generator.normal(size=15_625), 2)
    statistics = [parse_statistic(name) for name in DEFAULT]
    began = time.process_time()
    evaluate(statistics, x, y)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(("typed", "meant"), [("tau-b", "kendall"), ("tau", "kendall"), ("rho", "spearman")])
def test_the_names_in_tables_are_understood(typed, meant):
    assert parse_statistic(typed).name == meant
