"""Isomorphic networks share scores at analysis, where the proxy can't tell them apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from zsbench import evidence
from zsbench.registry import proxies
from zsbench.tables.measured import measured
from zsbench.tables.shared import is_shared, shared, whole


@pytest.fixture
def functional(known):
    """The proxies of these tests, `up` blind to loose ends and `down` not."""
    needs = {"up": (evidence.LossGradients(),), "down": (evidence.ReluAgreement(),)}
    return {name: dataclasses.replace(proxy, needs=needs.get(name, ())) for name, proxy in known.items()}


def column(table, name):
    return next(column for column in table.scores if column.proxy.name == name)


def test_a_class_takes_the_score_of_its_one_scored_member(dozen, stored, functional):
    (table,) = measured([stored(up=[1.5], start=4)], functional)
    found = shared(table, dozen)
    assert found.index.tolist() == [4, 5]
    assert column(found, "up").value.tolist() == [1.5, 1.5]
    assert column(found, "up").scored.all()
    assert found.shared == 1


def test_a_network_keeps_its_own_score(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0, 2.0, 3.0])], functional)
    assert column(shared(table, dozen), "up").value.tolist() == [1.0, 2.0, 3.0, 3.0]


def test_a_proxy_that_sees_loose_ends_is_not_shared(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0], down=[2.0])], functional)
    found = shared(table, dozen)
    assert column(found, "down").usable.tolist() == [True, False]
    assert not column(found, "down").scored[1]


def test_scores_made_elsewhere_are_not_shared(known):
    assert not any(is_shared(proxy) for proxy in known.values())


def test_costs_are_not_shared(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0])], functional)
    seconds = column(shared(table, dozen), "up").seconds
    assert np.isfinite(seconds[0])
    assert np.isnan(seconds[1])


def test_a_table_over_whole_classes_is_left_as_it_is(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0, 2.0])], functional)
    assert shared(table, dozen) is table


def first_of_each_class(space):
    return np.unique(space.representatives())


def only(scores, index):
    """Return a set with the scores of some networks alone."""
    kept = {name: column.rows(index) for name, column in scores.columns.items()}
    return dataclasses.replace(scores, index=index, arch=scores.arch[index], columns=kept)


def test_where_every_class_has_a_score_the_whole_space_does(dozen, stored, functional):
    firsts = first_of_each_class(dozen)
    assert len(firsts) < len(dozen)
    (table,) = measured([only(stored(up=np.arange(12.0), down=np.arange(12.0)), firsts)], functional)
    found = whole(table, dozen)
    assert found.index.tolist() == list(range(12))
    assert column(found, "up").value.tolist() == dozen.representatives().tolist()
    assert np.flatnonzero(column(found, "down").scored).tolist() == firsts.tolist()


def test_where_a_class_has_none_nothing_is_shared_unasked(dozen, stored, functional):
    firsts = first_of_each_class(dozen)[1:]
    (table,) = measured([only(stored(up=np.arange(12.0)), firsts)], functional)
    assert whole(table, dozen) is table


def test_the_proxies_that_are_shared_are_those_of_gradients():
    names = {name for name, proxy in proxies().items() if is_shared(proxy)}
    assert {"grad_norm", "snip", "zico", "synflow", "jacob_cov", "ntk_cond"} <= names
    assert not names & {"params", "flops", "l2_norm", "naswot", "zen", "linear_regions"}
