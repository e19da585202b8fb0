"""Other people's scores beside ours: over the same networks, or a table of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zsbench.conditions import Conditions
from zsbench.registry import Proxy, proxies
from zsbench.score import Score, Status
from zsbench.store import ScoreSet
from zsbench.store.union import from_scores
from zsbench.tables.aggregates import parse_aggregate
from zsbench.tables.foreign import beside, foreign_proxies, ours_and_theirs
from zsbench.tables.measured import chosen

OURS = Conditions()


def stored(values, proxy="synflow", conditions=OURS, dataset="cifar10"):
    """Return a set of scores; NaN failed."""
    scores = [
        Score(i, f"a{i}", proxy, 1, v, Status.OK if math.isfinite(v) else Status.FAILED, 0.5) for i, v in values.items()
    ]
    found = from_scores("nb201", dataset, conditions, scores)
    columns = {name: column for (name, _), column in found.columns.items()}
    return ScoreSet("nb201", dataset, conditions, found.index, found.arch, columns)


def theirs(values, proxy="synflow", source="suite-zero", **more):
    return stored(values, f"{proxy}@{source}", Conditions.of_source(source), **more)


def tables(sets, *names):
    """Return the tables that a question for some proxies is answered from."""
    known = {**proxies(), **foreign_proxies(sets, proxies())}
    return beside(*ours_and_theirs(sets, proxies()), [known[name] for name in names or known])


def columns(table):
    return {column.proxy.name: column for column in table.scores}


def test_theirs_stand_beside_ours_for_the_networks_that_we_scored():
    (table,) = tables([stored({1: 10.0, 3: 30.0}), theirs({1: 1.0, 2: 2.0, 3: math.nan, 4: 4.0})])
    assert table.index.tolist() == [1, 3]
    found = columns(table)
    assert list(found) == ["synflow", "synflow@suite-zero"]
    assert found["synflow@suite-zero"].value.tolist()[0] == 1.0
    assert found["synflow@suite-zero"].usable.tolist() == [True, False]
    assert found["synflow@suite-zero"].scored.tolist() == [True, True]
    assert [c.protocol for c in found["synflow@suite-zero"].conditions] == ["suite-zero"]


def test_asked_for_alone_they_have_all_their_networks():
    sets = [stored({1: 10.0}), theirs({1: 1.0, 2: 2.0})]
    (table,) = tables(sets, "synflow@suite-zero")
    assert (table.index.tolist(), list(columns(table))) == ([1, 2], ["synflow@suite-zero"])


def test_where_we_scored_nothing_all_sources_make_one_table():
    sets = [
        stored({1: 10.0}),
        theirs({1: 1.0, 2: 2.0}, dataset="cifar100"),
        theirs({2: 5.0, 3: 6.0}, source="x", dataset="cifar100"),
    ]
    ours, other = tables(sets)
    assert (ours.dataset, list(columns(ours))) == ("cifar10", ["synflow"])
    assert (other.dataset, other.index.tolist(), other.label) == ("cifar100", [1, 2, 3], "")
    assert columns(other)["synflow@x"].usable.tolist() == [False, True, True]


def test_ours_alone_stay_as_they_were():
    sets = [stored({1: 10.0}), theirs({1: 1.0})]
    (table,) = tables(sets, "synflow")
    assert list(columns(table)) == ["synflow"]
    assert table.label == ""


def test_a_source_without_any_of_our_networks_adds_no_column():
    (table,) = tables([stored({1: 10.0}), theirs({2: 2.0})])
    assert list(columns(table)) == ["synflow"]


def test_they_are_oriented_as_ours_and_what_is_unknown_is_better_higher():
    assert proxies()["ntk_cond"].higher_is_better is False
    sets = [theirs({1: 5.0}, "ntk_cond"), theirs({1: 5.0}, "epe_nas"), theirs({1: 5.0}, "te_nas")]
    known = foreign_proxies(sets, proxies())
    assert {name: proxy.sign for name, proxy in known.items()} == {
        "epe_nas@suite-zero": 1,
        "ntk_cond@suite-zero": -1,
        "te_nas@suite-zero": proxies()["te_nas"].sign,
    }
    assert isinstance(known["epe_nas@suite-zero"], Proxy)
    assert known["ntk_cond@suite-zero"].family == proxies()["ntk_cond"].family
    assert not any(proxy.is_aggregate for proxy in known.values())
    (table,) = tables(sets)
    np.testing.assert_array_equal(columns(table)["ntk_cond@suite-zero"].value, [-5.0])


def test_an_aggregate_of_ours_takes_none_of_theirs():
    sets = [stored({1: 10.0, 2: 20.0}), stored({1: 3.0, 2: 2.0}, "zico"), theirs({1: 1.0, 2: 2.0})]
    (table,) = tables(sets, "synflow", "zico", "synflow@suite-zero")
    (made,) = chosen(table.scores, [parse_aggregate("borda:synflow,zico")])
    assert made.conditions == (OURS,)


@pytest.mark.parametrize("name", ["synflow", "synflow@suite-zero"])
def test_one_of_them_can_be_what_all_are_compared_with(name):
    sets = [stored({1: 10.0, 2: 20.0}), theirs({1: 1.0, 2: 2.0})]
    (table,) = tables(sets, "synflow", "synflow@suite-zero")
    assert sum(column.measures == name for column in table.scores) == 1
