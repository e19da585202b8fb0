"""Scores of several conditions are never mixed silently in one table."""

from __future__ import annotations

import pytest

from zsbench.conditions import Conditions
from zsbench.tables.conditions_together import one_set
from zsbench.tables.measured import measured
from zsbench.tables.sources import Gap, Sources


@pytest.fixture
def scored(stored, known):
    """Make the tables of a dataset from (conditions, number of networks) pairs."""

    def make(*parts):
        return measured([stored(conditions=c, up=[float(i) for i in range(n)]) for c, n in parts], known)

    return make


A, B = ("space", "a"), ("space", "b")


def test_the_conditions_over_most_networks_in_all_are_kept(scored):
    zero, one = Conditions(), Conditions(seed=1)
    found = {A: scored((zero, 5), (one, 6)), B: scored((zero, 5))}
    kept, left_out = one_set(found)
    assert [table.scores[0].conditions[0].seed for where in (A, B) for table in kept[where]] == [0, 0]
    (said,) = left_out
    assert said.startswith(
        "Left out, as other conditions are never mixed in: 6 networks of space a scored under seed 1;"
    )
    assert "--mixed" in said


def test_a_dataset_scored_under_other_conditions_only_has_nothing(scored):
    kept, left_out = one_set({A: scored((Conditions(), 5)), B: scored((Conditions(seed=1), 4))})
    assert kept[B] == []
    assert len(left_out) == 1
    assert "space b scored under seed 1" in left_out[0]


def test_datasets_differ_in_their_images(scored):
    own = [Conditions(input=name, input_digest=name) for name in ("cifar10", "cifar100")]
    kept, left_out = one_set({A: scored((own[0], 5)), B: scored((own[1], 5))})
    assert [len(kept[where]) for where in (A, B)] == [1, 1]
    assert left_out == []


def test_photographs_are_not_mixed_with_a_datasets_own_images(scored):
    kept, left_out = one_set({A: scored((Conditions(input="photos"), 5)), B: scored((Conditions(input="cifar10"), 4))})
    assert kept[B] == []
    assert left_out


def test_another_batch_under_the_same_conditions_is_left_out_too(scored):
    first, second = Conditions(input_digest="a"), Conditions(input_digest="b")
    kept, left_out = one_set({A: scored((first, 5), (second, 4))})
    assert [len(table.index) for table in kept[A]] == [5]
    assert "another batch" in left_out[0]


def test_a_protocol_that_gives_each_proxy_its_own_conditions_is_one_set(scored):
    original = [Conditions(protocol="original", batch_size=size) for size in (64, 128)]
    kept, left_out = one_set({A: scored((original[0], 5)), B: scored((original[1], 5))})
    assert [len(kept[where]) for where in (A, B)] == [1, 1]
    assert left_out == []


def test_nothing_scored_is_nothing_kept():
    assert one_set({A: []}) == ({A: []}, [])


@pytest.fixture
def two_seeds(dozen, known, stored):
    sets = [stored(up=[1.0, 2.0, 3.0]), stored(conditions=Conditions(seed=1), up=[1.0, 2.0, 3.0, 4.0])]

    def of(**other):
        return Sources({"dozen": dozen}, known, lambda space, dataset: sets, **other)

    return of


def test_sources_note_what_is_left_out(two_seeds):
    sources = two_seeds()
    (kept,) = sources.scores([("dozen", "tiny")], "unified")["dozen", "tiny"]
    assert len(kept.index) == 4
    assert "3 networks of dozen tiny scored under seed 0" in sources.notes[0]


def test_mixed_sources_keep_all_and_note_nothing(two_seeds):
    sources = two_seeds(mixed=True)
    assert len(sources.scores([("dozen", "tiny")], "unified")["dozen", "tiny"]) == 2
    assert sources.notes == []


def test_the_protocol_asked_for_stands_in_place_of_the_tables_own(two_seeds):
    assert two_seeds(protocol="original").tables("dozen", "tiny", "unified") == []
    command = two_seeds(protocol="original").score_command("dozen", "tiny", "unified", ["both"])
    assert command == "zsbench score --space dozen --dataset tiny --protocol original --proxy up --proxy down"


def test_a_table_is_read_once_for_all_that_ask(dozen, known, stored):
    read = []

    def reading(space, dataset):
        read.append((space, dataset))
        return [stored(up=[1.0, 2.0, 3.0])]

    sources = Sources({"dozen": dozen}, known, reading)
    for one in (sources, sources.fresh()):
        assert one.tables("dozen", "tiny", "unified")
    assert read == [("dozen", "tiny")]


def test_what_is_not_there_is_a_gap_that_says_why(two_seeds):
    sources = two_seeds()
    assert sources.space("nb999") == Gap("space nb999 is not part of this version")
    assert sources.tables("nb999", "tiny", "unified") == []
    assert sources.truth("nb999", "tiny", "valid") == Gap("space nb999 is not part of this version")
    assert sources.truth("dozen", "huge", "valid") == Gap("dozen has no dataset huge in this version")
    gap = sources.truth("dozen", "tiny", "test")
    assert isinstance(gap, Gap)
    assert gap.why == "test accuracies of dozen tiny are not installed"
    assert gap.brings.startswith("zsbench data import dozen FILE")
