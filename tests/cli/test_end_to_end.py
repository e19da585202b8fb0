"""The main job as a person does it: score, correlate, look at the store; each command a process of its own."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from zsbench.registry import find_space

N = 12
PROXIES = ("params", "flops", "l2_norm", "synflow")
SMALL = ("--batch-size", "2", "--input", "photos", "--workers", "1")


def zsbench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "zsbench", *words], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """Score the first networks of the sample once for all tests here."""
    folder = tmp_path_factory.mktemp("results")
    named = [word for name in PROXIES for word in ("--proxy", name)]
    done = zsbench("score", "--sample", str(N), *named, *SMALL, "--results", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scores"] == N * len(PROXIES)
    return folder


def exported(results: Path, name: str) -> dict[int, float]:
    done = zsbench("scores", "export", "--proxy", name, "--format", "csv", "--results", str(results))
    assert done.returncode == 0, done.stderr
    return {int(row["index"]): float(row["score"]) for row in csv.DictReader(io.StringIO(done.stdout)) if row["score"]}


def test_parameters_are_those_of_the_closed_form_on_the_sample(results):
    space = find_space("nb201")
    found = exported(results, "params")
    assert sorted(found) == sorted(space.sample(N).tolist())
    assert found == {index: space.facts(index)["cifar10 params"] for index in found}


def test_correlations_of_what_was_stored_are_those_of_scipy(results):
    done = zsbench("correlate", "--results", str(results), "--format", "json", "--target", "valid", "--stat", "kendall")
    assert done.returncode == 0, done.stderr
    records = {record["proxy"]: record for record in json.loads(done.stdout)}
    assert set(records) == set(PROXIES)
    accuracy = find_space("nb201").truth("cifar10", "valid").values
    for name in PROXIES:
        scores = exported(results, name)
        index = np.array(sorted(scores))
        tau = stats.kendalltau([scores[i] for i in index.tolist()], accuracy[index]).statistic
        assert records[name]["value"] == pytest.approx(tau, abs=1e-12)
        assert records[name]["n"] == len(scores)


def test_what_is_stored_verifies_and_a_second_call_adds_nothing(results):
    assert zsbench("scores", "verify", "--results", str(results)).returncode == 0
    before = {path.name: path.read_bytes() for path in (results / "scores").iterdir()}
    done = zsbench("score", "--sample", str(N), "--proxy", "params", *SMALL, "--results", str(results))
    assert done.returncode == 0, done.stderr
    assert "nothing to compute" in done.stderr
    assert {path.name: path.read_bytes() for path in (results / "scores").iterdir()} == before


def test_nothing_is_written_outside_the_results_folder(results, tmp_path):
    words = [sys.executable, "-m", "zsbench", "score", "--archs", "-", "--proxy", "params", *SMALL]
    environment = os.environ | {"HOME": str(tmp_path / "home"), "ZSBENCH_RESULTS": str(results)}
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(words, input="1651\n", capture_output=True, text=True, cwd=work, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert list(work.iterdir()) == []
    assert not (tmp_path / "home").exists()
