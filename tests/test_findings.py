"""What docs/findings.md says is what the scores that ship say."""

from __future__ import annotations

import difflib
import importlib.util
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app

ROOT = Path(__file__).parents[1]
TARGETS = (
    "cifar10:test=nats10_cifar10_test_acc",
    "cifar100:test=nats10_cifar100_test_acc",
    "ImageNet16-120:test=nats10_imagenet16_120_test_acc",
)


@pytest.fixture(scope="module")
def refresh():
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*words):
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output


def test_findings_are_what_the_shipped_scores_answer(refresh, tmp_path, monkeypatch):
    reference = os.environ.get("ZSBENCH_REFERENCE")
    if not reference:
        pytest.skip("ZSBENCH_REFERENCE is not set: the test accuracies do not come with zsbench")
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ZSBENCH_RESULTS", str(tmp_path / "results"))
    truth = Path(reference) / "data" / "nb201_truth.csv.gz"
    targets = [word for target in TARGETS for word in ("--target", target)]
    run("data", "import", "nb201", truth, "--arch-column", "arch_str", *targets, "--name", "nats-bench-1.0")
    run("scores", "import", ROOT / "results" / "baselines" / "nb201.h5")
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    new, left = refresh.refreshed(text)
    assert not left
    changed = list(difflib.unified_diff(text.splitlines(), new.splitlines(), "says", "scores", n=0))
    assert not changed, "\n".join(changed)


def test_an_answer_that_needs_what_is_not_installed_stays_as_it_is(refresh, tmp_path, monkeypatch):
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ZSBENCH_RESULTS", str(tmp_path / "results"))
    text = '```py answer\nzsbench.correlate("nb201", "cifar10", target="test")\n```\n\nold\n\n<!-- end -->\n'
    new, left = refresh.refreshed(text)
    assert new == text
    assert len(left) == 1


def test_a_stale_answer_is_replaced(refresh):
    text = "```py answer\npd.DataFrame({'proxy': ['zico'], 'value': [0.25]})\n```\n\nold\n\n<!-- end -->\n"
    new, left = refresh.refreshed(text)
    assert "| zico | 0.250 |" in new
    assert "old" not in new
    assert not left
    assert refresh.refreshed(new)[0] == new
