"""`zsbench plot`: figures as files, and what it says where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app
from zsbench.conditions import Conditions
from zsbench.figures import FIGURES
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Return a results folder with parameters as the scores of 40 networks on two datasets."""
    monkeypatch.setenv("ZSBENCH_RESULTS", str(tmp_path))
    space, version = find_space("nb201"), proxies()["params"].version
    with Writer(tmp_path / "scores", Provenance(versions={}, command="made up", started="2026-01-02")) as writer:
        for dataset in ("cifar10", "cifar100"):
            cost = space.costs(dataset)["params"]
            scores = [
                Score(i, space.arch(i), "params", version, float(cost[i]), Status.OK, 0.1)
                for i in map(int, space.sample(40))
            ]
            writer.add("nb201", dataset, Conditions(torch="2.13"), scores)
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["plot", *map(str, words)])


def test_a_figure_is_written_where_it_should_be(stored):
    done = run("forest", "--dataset", "cifar10", "-o", stored / "forest.svg")
    assert done.exit_code == 0, done.output
    assert (stored / "forest.svg").read_bytes().startswith(b"<?xml")


def test_several_datasets_need_a_choice_but_for_the_heat_map(stored):
    done = run("forest", "-o", stored / "forest.png")
    assert done.exit_code == 2
    assert "nb201 cifar10, nb201 cifar100" in done.output
    assert run("heatmap", "-o", stored / "heatmap.png").exit_code == 0


def test_all_figures_are_listed():
    done = CliRunner().invoke(app, ["list", "figures", "--format", "json"])
    assert [one["name"] for one in json.loads(done.stdout)] == [kind.name for kind in FIGURES]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["forrest", "-o", "a.png"], 2, "forest"),
        ([], 2, "which figure"),
        (["forest"], 2, "a figure is a file"),
        (["forest", "--dataset", "cifar10", "-o", "a.gif"], 2, "does not say which format"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(stored, words, code, says):
    done = run(*words)
    assert done.exit_code == code
    assert says in done.output


def test_nothing_stored_is_nothing_to_report(tmp_path, monkeypatch):
    monkeypatch.setenv("ZSBENCH_RESULTS", str(tmp_path))
    done = run("forest", "-o", tmp_path / "a.png")
    assert done.exit_code == 3
    assert "zsbench score" in done.output


def test_conditions_come_together_where_asked_for(stored):
    with Writer(stored / "scores", Provenance(versions={}, command="made up", started="2026-01-02")) as writer:
        space, version = find_space("nb201"), proxies()["params"].version
        scores = [
            Score(i, space.arch(i), "params", version, float(i), Status.OK, 0.1) for i in map(int, space.sample(40))
        ]
        writer.add("nb201", "cifar10", Conditions(torch="2.13", input="noise"), scores)
    done = run("forest", "--dataset", "cifar10", "--mixed", "-o", stored / "forest.svg")
    assert done.exit_code == 0, done.output
    assert {"params [photos]", "params [noise]"} <= {
        text.text for text in ET.parse(stored / "forest.svg").iter("{http://www.w3.org/2000/svg}text")
    }


def test_drawing_never_loads_torch(stored):
    script = "import sys; from zsbench.cli.app import main\ntry: main()\nfinally: print('torch' in sys.modules)"
    command = [sys.executable, "-c", script, "plot", "cost", "--dataset", "cifar10", "-o", str(stored / "cost.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    assert (stored / "cost.png").read_bytes().startswith(b"\x89PNG")
