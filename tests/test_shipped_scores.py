"""The scores that come with zsbench: of today's definitions, and what reading commands show before there are others."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import zsbench
from zsbench.cli.app import app
from zsbench.registry import find_space, proxies
from zsbench.store import read_score_file

SHIPPED = Path(__file__).parents[1] / "results" / "baselines" / "nb201.h5"


@pytest.fixture(autouse=True)
def shipped(own_folders, monkeypatch):
    """Let commands find them, unlike in other tests."""
    monkeypatch.setattr("zsbench.store.shipped.FILE", SHIPPED.name)


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_they_are_of_today_s_definitions():
    sets = read_score_file(SHIPPED, versions={name: one.version for name, one in proxies().items()}).sets
    assert {stored.dataset for stored in sets} == {"cifar10", "cifar100", "ImageNet16-120"}
    for stored in sets:
        assert not stored.stale
        assert set(stored.columns) == {name for name, one in proxies().items() if not one.is_aggregate}


@pytest.mark.parametrize(("dataset", "networks"), [("cifar10", 3000), ("cifar100", 1000)])
def test_of_cifar_they_are_the_nested_sample_whole(dataset, networks):
    (stored,) = (one for one in read_score_file(SHIPPED).sets if one.dataset == dataset)
    assert set(stored.index) == set(find_space("nb201").sample(networks))
    assert all(column.scored.all() for column in stored.columns.values())


def test_of_imagenet16_they_are_every_network():
    (stored,) = (one for one in read_score_file(SHIPPED).sets if one.dataset == "ImageNet16-120")
    space = find_space("nb201")
    for name, column in stored.columns.items():
        twins = space.twins(loose_ends=proxies()[name].sees_loose_ends)
        known, every = (len(np.unique(found)) for found in (twins[stored.index[column.scored]], twins))
        assert known == every, name


def test_the_picture_of_the_readme_is_of_them():
    (stored,) = (one for one in read_score_file(SHIPPED).sets if one.dataset == "cifar10")
    picture = SHIPPED.parents[2] / "docs" / "forest.svg"
    assert picture.name in (SHIPPED.parents[2] / "README.md").read_text(encoding="utf-8")
    text = picture.read_text(encoding="utf-8")
    assert f"n = {len(stored.index):,}" in text
    assert all(f">{proxy}<" in text for proxy in stored.columns if proxy not in {"nn_mass", "nn_degree"})


def test_the_first_correlate_shows_them_and_says_whose_they_are():
    done = invoke("correlate", "--proxy", "params", "--format", "md")
    assert done.exit_code == 0, done.output
    assert "These scores come with zsbench" in done.stdout
    records = json.loads(invoke("correlate", "--proxy", "params", "--stat", "kendall", "--format", "json").stdout)
    assert 0.5 < next(one["value"] for one in records if one["dataset"] == "cifar10") < 0.7


def test_a_data_frame_of_them_warns_whose_they_are():
    with pytest.warns(UserWarning, match="These scores come with zsbench"):
        frame = zsbench.load_scores("nb201", "cifar10", wide=True)
    assert len(frame) >= 2000


def test_named_folders_and_own_scores_go_first(tmp_path):
    assert invoke("correlate", "--results", tmp_path / "mine").exit_code == 3
    own = tmp_path / "own.csv"
    assert invoke("scores", "export", "--proxy", "params", "--portable", "-o", own).exit_code == 0
    assert invoke("scores", "import", own).exit_code == 0
    done = invoke("correlate", "--stat", "kendall", "--format", "json")
    assert {record["proxy"] for record in json.loads(done.stdout)} == {"params"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        zsbench.load_scores("nb201", "cifar10")


def test_they_can_be_asked_for_by_name_beside_own_ones(tmp_path):
    own = tmp_path / "own.csv"
    assert invoke("scores", "export", "--proxy", "params", "--portable", "-o", own).exit_code == 0
    assert invoke("scores", "import", own).exit_code == 0
    done = invoke("correlate", "--results", SHIPPED, "--proxy", "naswot", "--stat", "kendall", "--format", "json")
    assert {record["proxy"] for record in json.loads(done.stdout)} == {"naswot"}
    assert "come with zsbench" not in done.output


def test_what_they_lack_is_missing_as_ever():
    done = invoke("correlate", "--space", "nats-tss", "--dataset", "cifar100")
    assert done.exit_code == 3
    assert "zsbench score" in done.output
    assert "those that come with zsbench are of nb201: ImageNet16-120, cifar10, cifar100" in " ".join(
        done.output.split()
    )
