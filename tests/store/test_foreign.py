"""Other people's scores in the store: under their source's name, never mixed with ours, never overwritten."""

from __future__ import annotations

import math

import pytest

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance
from zsbench.score import Status
from zsbench.store import read_scores, verify
from zsbench.store.exchange import import_foreign


def test_scores_are_called_by_their_source_and_have_conditions_of_their_own(folder, store, make):
    store(make(1, "snip", 1.0))
    report = import_foreign(folder, "suite-zero", "nb201", {"cifar10": [make(1, "snip", 2.0)]}, Provenance())
    assert (report.scores, report.proxies) == (1, ("snip@suite-zero",))
    ours, theirs = sorted(read_scores(folder).sets, key=lambda one: one.conditions.are_theirs)
    assert (ours.columns["snip"].value[0], theirs.columns["snip@suite-zero"].value[0]) == (1.0, 2.0)
    assert theirs.conditions == Conditions.of_source("suite-zero")
    assert theirs.conditions.describe().startswith("suite-zero, computed elsewhere and imported")
    assert verify(folder).problems == ()


def test_a_newer_definition_of_ours_leaves_theirs_in_place(folder, make):
    import_foreign(folder, "x", "nb201", {"cifar10": [make(1, "snip", 2.0)]}, Provenance())
    (theirs,) = read_scores(folder, versions={"snip": 7}).sets
    assert (list(theirs.columns), theirs.stale) == (["snip@x"], {})


def test_the_same_file_again_and_more_networks_are_welcome(folder, make):
    for index in (1, 1, 2):
        import_foreign(folder, "x", "nb201", {"cifar10": [make(index, "snip", 2.0)]}, Provenance())
    assert read_scores(folder).sets[0].index.tolist() == [1, 2]


def test_other_values_of_the_same_scores_are_refused(folder, make):
    import_foreign(folder, "x", "nb201", {"cifar10": [make(1, "snip", 2.0), make(2, "snip", 5.0)]}, Provenance())
    new = {"cifar10": [make(1, "snip", 2.0), make(2, "snip", 6.0), make(3, "snip", 7.0)]}
    with pytest.raises(ZsbenchError) as caught:
        import_foreign(folder, "x", "nb201", new, Provenance())
    assert "1 scores of snip@x on cifar10 are stored with other values: architecture 2 has 5" in caught.value.message
    assert read_scores(folder).sets[0].index.tolist() == [1, 2]
    import_foreign(folder, "y", "nb201", {"cifar10": [make(2, "snip", 6.0)]}, Provenance())
    import_foreign(folder, "x", "nb201", {"cifar100": [make(2, "snip", 6.0)]}, Provenance())
    assert len(read_scores(folder).sets) == 3


def test_a_failure_gives_way_to_a_number(folder, make):
    import_foreign(folder, "x", "nb201", {"cifar10": [make(1, "snip", math.nan, Status.FAILED)]}, Provenance())
    import_foreign(folder, "x", "nb201", {"cifar10": [make(1, "snip", 2.0)]}, Provenance())
    assert read_scores(folder).sets[0].columns["snip@x"].value.tolist() == [2.0]
