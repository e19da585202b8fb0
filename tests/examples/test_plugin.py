"""The example plug-in, found through its entry points as an installed package is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin"
ARCHS = ("d1w8", "d1w16", "d2w8", "d3w16")


@pytest.fixture
def zsbench(tmp_path):
    """Run zsbench in a process that has the plug-in installed: its package, and what an installer writes beside it."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site = tmp_path / "site"
    shutil.copytree(PLUGIN / "zsbench_example", site / "zsbench_example")
    info = site / f"zsbench_example-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = (
        "\n".join([f"[{group}]", *(f"{name} = {module}" for name, module in points.items())])
        for group, points in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(site)}
        command = [sys.executable, "-m", "zsbench", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=150, env=environment)

    return run


def records(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_its_space_and_its_proxy_are_listed(zsbench):
    listed = {(r["kind"], r["name"]): r["summary"] for r in records(zsbench("list", "--format", "json"))}
    assert listed["space", "chains"] == "Plain chains of convolutions on CIFAR-10 (an example)"
    assert listed["proxy", "weight_drift"].startswith("How far one step of gradient descent")


def test_its_networks_are_scored_by_its_proxy_and_ranked_against_accuracies_that_are_brought(zsbench, tmp_path):
    archs, truth = tmp_path / "archs.txt", tmp_path / "truth.csv"
    archs.write_text("\n".join(ARCHS))
    truth.write_text("arch,accuracy\n" + "".join(f"{arch},{50 + place}\n" for place, arch in enumerate(ARCHS)))
    small = ("--input", "noise", "--batch-size", "4", "--workers", "1", "--archs", str(archs))
    done = zsbench("score", "--space", "chains", "--proxy", "weight_drift", "--proxy", "params", *small)
    assert "8 scores of 4 networks" in done.stderr, done.stderr
    assert zsbench("data", "import", "chains", str(truth), "--target", "test=accuracy").returncode == 0
    found = records(zsbench("correlate", "--space", "chains", "--stat", "kendall", "--no-ci", "--format", "json"))
    assert {(r["proxy"], r["n"], r["failed"]) for r in found} == {("params", 4, 0), ("weight_drift", 4, 0)}
    parameters = next(r["value"] for r in found if r["proxy"] == "params")
    assert parameters == 1.0
