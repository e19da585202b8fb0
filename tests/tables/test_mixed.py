"""Several conditions: apart by default and told apart; in one table only where asked, and labelled."""

from __future__ import annotations

import numpy as np
import pytest

from zsbench.conditions import Conditions
from zsbench.tables.apart import apart
from zsbench.tables.measured import chosen, measured
from zsbench.tables.mixed import joined


@pytest.mark.parametrize(
    ("conditions", "labels"),
    [
        ([Conditions()], [""]),
        ([Conditions(), Conditions(seed=1)], ["seed 0", "seed 1"]),
        ([Conditions(), Conditions(seed=1, input_digest="ab")], ["seed 0", "seed 1"]),
        ([Conditions(protocol="original", batch_size=32), Conditions()], ["original", "unified"]),
        ([Conditions(input_digest="ab"), Conditions(input_digest="cd")], ["images ab", "images cd"]),
        (
            [Conditions(), Conditions(seed=1), Conditions(input="noise")],
            ["photos, seed 0", "photos, seed 1", "noise, seed 0"],
        ),
        ([Conditions(init="normal", repeats=3), Conditions(init="normal")], ["3 inits", "1 inits"]),
    ],
)
def test_as_few_words_as_will_do_tell_conditions_apart(conditions, labels):
    assert apart(conditions) == labels


def test_tables_of_one_dataset_say_what_tells_them_apart(stored, known):
    one, other = measured([stored(up=[1, 2]), stored(up=[2, 1], conditions=Conditions(seed=1))], known)
    assert (one.label, other.label) == ("seed 0", "seed 1")
    (alone,) = measured([stored(up=[1, 2])], known)
    assert alone.label == ""


def test_joined_tables_have_a_column_a_condition_over_the_networks_of_all(stored, known):
    sets = [stored(up=[1, 2, 3]), stored(up=[5, 4], start=2, conditions=Conditions(seed=1))]
    (table,) = joined(measured(sets, known))
    assert [column.proxy.name for column in table.scores] == ["up [seed 0]", "up [seed 1]"]
    assert [column.measures for column in table.scores] == ["up", "up"]
    assert table.index.tolist() == [0, 1, 2, 3]
    first, second = table.scores
    np.testing.assert_array_equal(first.value, [1, 2, 3, np.nan])
    np.testing.assert_array_equal(second.value, [np.nan, np.nan, 5, 4])
    assert second.scored.tolist() == [False, False, True, True]
    assert first.conditions != second.conditions


def test_a_proxy_under_one_condition_only_keeps_its_name(stored, known):
    (table,) = joined(measured([stored(up=[1, 2]), stored(down=[1, 2], conditions=Conditions(seed=1))], known))
    assert [column.proxy.name for column in table.scores] == ["down", "up"]


def test_an_aggregate_is_made_once_a_condition(stored, known):
    sets = [stored(up=[1, 2], down=[2, 1]), stored(up=[2, 1], conditions=Conditions(seed=1))]
    (table,) = joined(measured(sets, known))
    found = chosen(table.scores, [known["both"]])
    assert [column.proxy.name for column in found] == ["both [seed 0]", "both [seed 1]"]
    assert [column.value.tolist() for column in found] == [[0.0, 2.0], [1.0, 1.0]]


def test_a_single_table_stays_as_it_is(stored, known):
    tables = measured([stored(up=[1, 2])], known)
    assert joined(tables) == tables
