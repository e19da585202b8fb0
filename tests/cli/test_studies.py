"""What plot and report draw from: one study a dataset, other people's scores beside ours, several conditions."""

from __future__ import annotations

import pytest

from zsbench.cli.studies import stored_studies
from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError, UsageError
from zsbench.figures import FIGURES, draw
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer

OURS, NOISE = Conditions(torch="2.13"), Conditions(torch="2.13", input="noise")
THEIRS = Conditions.of_source("suite-zero")


@pytest.fixture
def store(tmp_path):
    """Store scores, equal to the number of a network unless `constant`, of some networks of a dataset."""

    def save(*names, dataset="cifar10", conditions=OURS, networks=30, constant=False):
        space = find_space("nb201")
        with Writer(tmp_path / "scores", Provenance(versions={}, command="made up", started="2026-01-02")) as writer:
            for name in names:
                version = proxies()[name].version if name in proxies() else 1
                scores = [
                    Score(i, space.arch(i), name, version, 1.0 if constant else float(i), Status.OK, 0.1)
                    for i in map(int, space.sample(networks))
                ]
                writer.add("nb201", dataset, conditions, scores)

    return save


def names_in(study):
    return {line.scores.proxy.name for line in study.whole.lines}


def test_other_peoples_scores_stand_beside_ours(store, tmp_path):
    store("synflow", "params")
    store("synflow@suite-zero", "epe_nas@suite-zero", conditions=THEIRS, networks=90)
    (study,) = stored_studies(results=tmp_path)
    assert names_in(study) == {"synflow", "params", "synflow@suite-zero", "epe_nas@suite-zero"}
    assert study.whole.networks == 30
    (study,) = stored_studies(results=tmp_path, proxy=["params", "synflow@suite-zero"])
    assert names_in(study) == {"params", "synflow@suite-zero"}


def test_alone_they_are_over_all_their_networks(store, tmp_path):
    store("params")
    store("synflow@suite-zero", conditions=THEIRS, networks=90)
    (study,) = stored_studies(results=tmp_path, proxy=["synflow@suite-zero"])
    assert study.whole.networks == 90
    (study,) = stored_studies(results=tmp_path, conditions=THEIRS.id[:8])
    assert names_in(study) == {"synflow@suite-zero"}


def test_of_several_conditions_those_with_most_scores_stand_for_a_dataset(store, tmp_path, capsys):
    store("params", "synflow")
    store("params", conditions=NOISE, networks=40)
    (study,) = stored_studies(results=tmp_path)
    assert names_in(study) == {"params", "synflow"}
    assert NOISE.id in capsys.readouterr().err
    (study,) = stored_studies(results=tmp_path, conditions=NOISE.id[:6])
    assert (names_in(study), study.whole.networks) == ({"params"}, 40)


def test_mixed_they_are_all_there_and_labelled(store, tmp_path):
    store("params", "synflow")
    store("params", conditions=NOISE)
    (study,) = stored_studies(results=tmp_path, mixed=True)
    assert names_in(study) == {"params [photos]", "params [noise]", "synflow"}
    with pytest.raises(UsageError, match="--conditions chooses"):
        stored_studies(results=tmp_path, mixed=True, conditions=NOISE.id)


def test_a_dataset_without_such_a_truth_is_left_out_and_named(store, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "none"))
    store("params")
    store("params", dataset="cifar100")
    space = find_space("nb201")
    only = space.targets

    def without(dataset):
        return only(dataset) if dataset == "cifar10" else {"other": "made up"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(space), "targets", lambda _, dataset: without(dataset))
        (study,) = stored_studies(results=tmp_path, target="valid")
    assert study.name == "nb201 cifar10"
    assert "left out: " in capsys.readouterr().err
    with pytest.raises(UsageError, match="typo"):
        stored_studies(results=tmp_path, target="typo")


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"proxy": ["zico"]}, NothingToReportError, "none of these proxies"),
        ({"proxy": ["parms"]}, UsageError, "parms"),
        ({"conditions": "abc"}, UsageError, "conditions abc"),
        ({"regime": "top1%,5%"}, UsageError, "several regimes"),
        ({"dataset": "cifar1"}, UsageError, "cifar1"),
    ],
    ids=["not stored", "misspelt", "other conditions", "several regimes", "no dataset"],
)
def test_what_is_not_there_is_said(store, tmp_path, options, error, says):
    store("params")
    with pytest.raises(error, match=says):
        stored_studies(results=tmp_path, **options)


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_scores_that_rank_nothing_make_no_figure(store, tmp_path, kind):
    store("params", constant=True)
    with pytest.raises(NothingToReportError):
        draw(kind, stored_studies(results=tmp_path))
