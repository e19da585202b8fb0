"""Equal networks share scores at analysis; which are equal depends on what the proxy sees."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from zsbench import evidence
from zsbench.registry import find_space, proxies
from zsbench.score import Status
from zsbench.tables.measured import measured
from zsbench.tables.shared import each_shared, is_shared, shared, whole, without_equals


@pytest.fixture
def dozen(dozen, monkeypatch):
    """Twelve networks: 0 and 1, 2 and 3 ... compute the same, of which 6 and 7 and those after differ in loose ends."""
    pair, each = np.arange(12) // 2 * 2, np.arange(12)

    def twins(*, loose_ends):
        return np.where(each < 6, pair, each) if loose_ends else pair

    monkeypatch.setattr(dozen, "twins", twins)
    return dozen


@pytest.fixture
def functional(known):
    """The proxies of these tests as if measured here, `up` blind to loose ends and `down` not."""
    needs = {"up": (evidence.LossGradients(),), "down": (evidence.ReluAgreement(),), "size": (evidence.Structure(),)}
    known = {**known, "size": dataclasses.replace(known["up"], name="size")}
    return {name: dataclasses.replace(proxy, needs=needs.get(name, ())) for name, proxy in known.items()}


def test_samples_hold_equal_networks_and_a_part_of_a_run_over_different_ones_does_not():
    space = find_space("nb201")
    sample = np.sort(space.sample(300))
    assert not without_equals(sample, space)
    first = np.unique(space.twins(loose_ends=True)[sample], return_index=True)[1]
    assert without_equals(np.sort(sample[first]), space)
    # So few could be a sample without equal ones.
    assert not without_equals(np.sort(sample[first][:20]), space)


def test_where_no_two_networks_are_equal_every_sample_is_one(dozen):
    dozen.twins = lambda **_: np.arange(12)
    assert not without_equals(np.arange(12), dozen)


def column(table, name):
    return next(column for column in table.scores if column.proxy.name == name)


def test_equal_networks_take_the_score_of_the_one_that_has_one(dozen, stored, functional):
    (table,) = measured([stored(up=[1.5], start=4)], functional)
    found = shared(table, dozen)
    assert found.index.tolist() == [4, 5]
    assert column(found, "up").value.tolist() == [1.5, 1.5]
    assert column(found, "up").scored.all()
    assert column(found, "up").source.tolist() == [0, 0]


def test_a_number_is_taken_rather_than_a_failure(dozen, stored, functional):
    (table,) = measured([only(stored(up=[Status.OOM, 2.0, 3.0, Status.FAILED]), np.array([1, 3]))], functional)
    dozen.twins = lambda **_: np.zeros(12, int)
    found = column(shared(table, dozen), "up")
    assert found.value.tolist() == [2.0, 2.0, 2.0] + [pytest.approx(np.nan, nan_ok=True)] + [2.0] * 8
    assert found.scored.all()


def test_what_nothing_is_drawn_for_counts_as_a_network_s_own(dozen, stored, functional):
    (table,) = measured([only(stored(up=np.arange(12.0), size=np.arange(12.0)), np.array([0, 2]))], functional)
    found = shared(table, dozen)
    assert column(found, "size").source is None
    assert column(found, "up").source.tolist() == [0, 0, 2, 2]


def test_a_network_keeps_its_own_score(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0, 2.0, 3.0])], functional)
    assert column(shared(table, dozen), "up").value.tolist() == [1.0, 2.0, 3.0, 3.0]


def test_a_proxy_that_sees_loose_ends_is_shared_among_fewer(dozen, stored, functional):
    (table,) = measured([only(stored(up=np.arange(12.0), down=np.arange(12.0)), np.array([0, 6]))], functional)
    found = shared(table, dozen)
    assert found.index.tolist() == [0, 1, 6, 7]
    assert column(found, "up").scored.tolist() == [True, True, True, True]
    assert column(found, "down").scored.tolist() == [True, True, True, False]


def test_scores_made_elsewhere_are_not_shared(known):
    assert not any(is_shared(proxy) for proxy in known.values())


def test_costs_are_not_shared(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0])], functional)
    seconds = column(shared(table, dozen), "up").seconds
    assert np.isfinite(seconds[0])
    assert np.isnan(seconds[1])


def test_a_table_without_a_missing_twin_is_left_as_it_is(dozen, stored, functional):
    (table,) = measured([stored(up=[1.0, 2.0])], functional)
    assert shared(table, dozen) is table


def only(scores, index):
    """Return a set with the scores of some networks alone."""
    kept = {name: column.rows(index) for name, column in scores.columns.items()}
    return dataclasses.replace(scores, index=index, arch=scores.arch[index], columns=kept)


def firsts(dozen, *, loose_ends):
    return np.unique(dozen.twins(loose_ends=loose_ends))


def test_where_every_network_or_an_equal_one_has_a_score_the_whole_space_does(dozen, stored, functional):
    index = firsts(dozen, loose_ends=True)
    assert len(index) == 9
    (table,) = measured([only(stored(up=np.arange(12.0), down=np.arange(12.0)), index)], functional)
    found = whole(table, dozen)
    assert found.index.tolist() == list(range(12))
    assert (-column(found, "down").value).tolist() == [0, 0, 2, 2, 4, 4, 6, 7, 8, 9, 10, 11]
    assert column(found, "up").value.tolist() == [0, 0, 2, 2, 4, 4, 6, 7, 8, 9, 10, 11]


def test_a_proxy_that_lacks_some_stays_on_those_it_has(dozen, stored, functional):
    index = firsts(dozen, loose_ends=False)
    (table,) = measured([only(stored(up=np.arange(12.0), down=np.arange(12.0)), index)], functional)
    found = whole(table, dozen)
    assert column(found, "up").value.tolist() == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]
    assert np.flatnonzero(column(found, "down").scored).tolist() == index.tolist()


def test_a_sample_shares_nothing_unasked(dozen, stored, functional):
    index = firsts(dozen, loose_ends=False)[1:]
    (table,) = measured([only(stored(up=np.arange(12.0)), index)], functional)
    assert whole(table, dozen) is table


def test_a_space_that_is_gone_shares_nothing(dozen, stored, functional):
    index = firsts(dozen, loose_ends=True)
    (table,) = measured([only(stored(up=np.arange(12.0)), index)], functional)
    assert each_shared([table], {}) == [table]
    assert len(each_shared([table], {"dozen": dozen})[0].index) == 12
    assert len(each_shared([table], {"dozen": dozen}, asked=True)[0].index) == 12


def test_every_proxy_of_ours_is_shared():
    assert all(is_shared(proxy) for proxy in proxies().values() if not proxy.is_aggregate)
