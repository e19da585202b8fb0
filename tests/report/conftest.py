"""A store of made-up scores, the page made of it, and a browser to look at it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app
from zsbench.cli.studies import stored_studies
from zsbench.conditions import Conditions
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer

NOISE = {"params": 8.0, "flops": 8.5, "synflow": 3.0, "naswot": 3.2, "snip": 20.0, "plain": 60.0}
"""Proxy -> how far its scores are from the accuracies, in per cent."""
FAILED = 7
NETWORKS = 200


@pytest.fixture(scope="session")
def store_scores():
    """Store made-up scores of the first networks of the sample: the accuracy and some noise; naswot fails on some."""

    def save(folder: Path, dataset: str = "cifar10", **conditions) -> None:
        space = find_space("nb201")
        truth = space.truth(dataset, "valid").values
        generator = np.random.default_rng(0)
        run = Provenance(versions={"zsbench": "0"}, command="zsbench score --sample 200", started="2026-01-02T03:04:05")
        with Writer(folder / "scores", run) as writer:
            for name, noise in NOISE.items():
                scores = []
                for place, index in enumerate(map(int, space.sample(NETWORKS))):
                    failed = name == "naswot" and place < FAILED
                    value = np.nan if failed else truth[index] + noise * generator.normal()
                    status = Status.NAN if failed else Status.OK
                    version = proxies()[name].version
                    scores.append(Score(index, space.arch(index), name, version, float(value), status, 0.1))
                writer.add("nb201", dataset, Conditions(torch="2.13", **conditions), scores)

    return save


@pytest.fixture(scope="session")
def results(tmp_path_factory, store_scores) -> Path:
    """The results folder, with one dataset."""
    folder = tmp_path_factory.mktemp("results")
    store_scores(folder)
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory, results) -> Path:
    """The page as the command line writes it."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    arguments = ["report", "--results", "results", "-o", path.name]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        (path.parent / "results").symlink_to(results)
        patch.setenv("ZSBENCH_DATA", str(results / "none"))
        patch.setenv("SOURCE_DATE_EPOCH", "1767225600")
        patch.setattr(sys, "argv", ["zsbench", *arguments])
        done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="session")
def studies(results):
    """The studies of the store, one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZSBENCH_DATA", str(results / "none"))
        return stored_studies(results=results)


@pytest.fixture(scope="session")
def html(made) -> str:
    """The text of the page."""
    return made.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def chromium():
    """The module that drives the browser, which no package contains."""
    spec = importlib.util.spec_from_file_location("chromium", Path(__file__).with_name("chromium.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def browser(chromium, tmp_path_factory):
    """A browser; the tests are skipped where there is none, except where all tests have to run."""
    program = chromium.find()
    if program is None:
        if os.environ.get("ZSBENCH_REFERENCE"):
            pytest.fail(f"ZSBENCH_REFERENCE is set and there is no browser: install one of {', '.join(chromium.NAMES)}")
        pytest.skip(f"no browser to look at the page with: {', '.join(chromium.NAMES)}")
    running = chromium.Browser(program, tmp_path_factory.mktemp("profile"))
    yield running
    running.close()
