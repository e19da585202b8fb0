from __future__ import annotations

import numpy as np

from zsbench.conditions import Conditions
from zsbench.score import Status
from zsbench.tables.measured import aggregated, measured


def _by_name(table):
    return {column.proxy.name: column for column in table.scores}


def test_values_are_oriented_by_declaration(stored, known):
    (table,) = measured([stored(up=[1, 2, 3], down=[1, 2, 3])], known)
    assert _by_name(table)["up"].value.tolist() == [1, 2, 3]
    assert _by_name(table)["down"].value.tolist() == [-1, -2, -3]


def test_untried_failed_and_degenerate_are_told_apart(stored, known, with_status):
    scores = with_status(stored(up=[1, None, Status.OOM, 4, np.inf]), "up", 3, Status.DEGENERATE)
    (table,) = measured([scores], known)
    (column,) = table.scores
    assert column.scored.tolist() == [True, False, True, True, True]
    assert column.usable.tolist() == [True, False, False, True, False]
    assert column.degenerate.tolist() == [False, False, False, True, False]


def test_columns_of_unknown_proxies_are_left_out(stored, known):
    (table,) = measured([stored(up=[1, 2, 3], gone=[1, 2, 3])], known)
    assert list(_by_name(table)) == ["up"]


def test_a_protocol_with_conditions_of_each_proxys_own_makes_one_table(stored, known):
    first = stored(up=[1, 2, 3], conditions=Conditions(protocol="original", batch_size=64))
    second = stored(down=[5, 6], start=2, conditions=Conditions(protocol="original", batch_size=128))
    (table,) = measured([first, second], known)
    assert table.index.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(_by_name(table)["down"].value, [np.nan, np.nan, -5, -6])
    assert [column.conditions[0].batch_size for column in table.scores] == [128, 64]


def test_sets_in_which_a_proxy_occurs_twice_stay_apart(stored, known):
    sets = [stored(up=[1, 2, 3], conditions=Conditions(protocol="original", batch_size=size)) for size in (64, 128)]
    assert len(measured(sets, known)) == 2


def test_seeds_inputs_and_unified_conditions_never_mix(stored, known):
    sets = [
        stored(up=[1, 2, 3], conditions=Conditions()),
        stored(down=[1, 2, 3], conditions=Conditions(seed=1)),
        stored(down=[1, 2, 3], conditions=Conditions(input="noise")),
        stored(down=[1, 2, 3], conditions=Conditions(batch_size=32)),
    ]
    assert len(measured(sets, known)) == 4


def test_an_aggregate_is_made_of_oriented_parts_where_all_have_a_number(stored, known):
    (table,) = measured([stored(up=[10, 20, 30, None], down=[3, 1, Status.NAN, None])], known)
    column = aggregated(known["both"], table.scores)
    np.testing.assert_array_equal(column.value, [0, 2, np.nan, np.nan])
    assert column.scored.tolist() == [True, True, True, False]


def test_an_aggregate_was_tried_only_where_all_its_parts_were(stored, known):
    (table,) = measured([stored(up=[1, 2, 3], down=[1, None, Status.NAN])], known)
    assert aggregated(known["both"], table.scores).scored.tolist() == [True, False, True]


def test_an_aggregate_without_all_its_parts_is_none(stored, known):
    (table,) = measured([stored(up=[1, 2, 3])], known)
    assert aggregated(known["both"], table.scores) is None
