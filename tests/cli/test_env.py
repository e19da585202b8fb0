from __future__ import annotations

import importlib.metadata
import json

import pytest
from typer.testing import CliRunner

from zsbench import __version__
from zsbench.cli.app import app
from zsbench.paths import data_folder, results_folder


@pytest.fixture
def records():
    done = CliRunner().invoke(app, ["env", "--format", "json"])
    assert done.exit_code == 0, done.output
    return {(record["about"], record["name"]): record["value"] for record in json.loads(done.stdout)}


def test_versions_are_those_installed(records):
    assert records["version", "zsbench"] == __version__ == importlib.metadata.version("zsbench")
    assert records["version", "torch"] == importlib.metadata.version("torch")


def test_folders_are_those_in_use(records):
    assert records["folder", "results"] == str(results_folder())
    assert records["folder", "data"] == str(data_folder())


def test_truth_and_files_say_whether_they_are_there(records):
    assert "valid" in records["truth", "nb201 cifar10"].split(", ")
    assert records["file", "nb201-valid-cifar10"].endswith("cifar10.pkl")
    assert records["file", "NAS-Bench-201-v1_1-096897.pth"] == "not there"
    assert records["file", "cifar10 images"].startswith("not there")


def test_cifar_files_are_found_where_score_looks_for_them():
    folder = data_folder() / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for number in range(1, 6):
        (folder / f"data_batch_{number}.bin").touch()
    done = CliRunner().invoke(app, ["env", "--format", "json"])
    assert {"about": "file", "name": "cifar10 images", "value": str(folder)} in json.loads(done.stdout)


def test_the_machine_has_cores_and_threads(records):
    assert records["device", "cores"] >= 1
    assert records["device", "torch threads"] >= 1
