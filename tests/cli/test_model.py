"""`zsbench score --model`: a user's own networks, from the file to the table."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app

TEXT = """from torch import nn

def networks():
    for width in (2, 3, 5, 8):
        body = [nn.Conv2d(3, width, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.9)]
        yield f"w{width}", nn.Sequential(*body, nn.Linear(width, 3))
"""
TRUTH = "name,accuracy\nw2,50\nw3,60\nw5,75.5\nw8,70\n"
TINY = ("--dataset", "tiny:8:3", "--input", "noise", "--batch-size", "4")


@pytest.fixture
def score(tmp_path):
    """Run `zsbench score --model` on a file of this text, with cheap proxies."""

    def run(*words, text=TEXT, truth=None, model="nets.py:networks", workers=1):
        (tmp_path / "nets.py").write_text(text, encoding="utf-8")
        given = []
        if truth is not None:
            (tmp_path / "truth.csv").write_text(truth, encoding="utf-8")
            given = ["--truth", str(tmp_path / "truth.csv")]
        proxies = ["--proxy", "params", "--proxy", "snip"]
        asked = ["score", "--model", str(tmp_path / model), *proxies, "--workers", str(workers), *given, *words]
        return CliRunner().invoke(app, asked)

    return run


def correlations():
    result = CliRunner().invoke(app, ["correlate", "--stat", "kendall", "--format", "json", "--no-ci"])
    assert result.exit_code == 0, result.output
    return {(record["space"], record["proxy"]): record["value"] for record in json.loads(result.stdout)}


def exported():
    result = CliRunner().invoke(app, ["scores", "export", "--format", "json"])
    return {(row["space"], row["arch"], row["proxy"]): row["score"] for row in json.loads(result.stdout)}


def test_networks_with_accuracies_are_scored_and_ranked(score):
    result = score(*TINY, truth=TRUTH)
    assert result.exit_code == 0, result.output
    assert "8 scores of 4 networks" in result.stderr
    found = correlations()
    (space,) = {space for space, _ in found}
    assert space.startswith("model-nets-")
    assert found[space, "params"] == pytest.approx(2 / 3)


def test_a_second_call_computes_nothing_and_may_bring_the_accuracies(score):
    score(*TINY)
    assert CliRunner().invoke(app, ["correlate"]).exit_code == 1
    assert "nothing to compute" in score(*TINY, truth=TRUTH).stderr
    assert len(correlations()) == 2


def test_new_accuracies_replace_the_old_ones(score):
    score(*TINY, truth=TRUTH)
    score(*TINY, truth=TRUTH.replace("75.5", "65"))
    assert set(correlations().values()) >= {1.0}


def test_workers_build_the_same_networks(score, monkeypatch, tmp_path):
    score(*TINY)
    alone = exported()
    monkeypatch.setenv("ZSBENCH_RESULTS", str(tmp_path / "elsewhere"))
    assert score(*TINY, workers=2).exit_code == 0
    assert exported() == alone
    assert len(alone) == 8


def test_the_space_can_be_scored_by_its_name(score):
    score(*TINY)
    (space, *_), *_ = exported()
    result = CliRunner().invoke(app, ["score", "--space", space, "--proxy", "params", *TINY[2:]])
    assert "nothing to compute" in result.stderr


def test_a_changed_file_is_said_and_scored_apart(score):
    score(*TINY, truth=TRUTH)
    result = score(*TINY, truth=TRUTH, text=TEXT.replace("nn.ReLU(inplace=True)", "nn.Identity()"))
    assert "it has changed; what was scored before stays in model-nets-" in result.stderr
    assert len({space for space, _ in correlations()}) == 2


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"model": "none.py:networks"}, 1, "there is no file"),
        ({"model": "nets.py"}, 2, "names no function of a file"),
        ({"model": "nets.py:"}, 2, "names no function of a file"),
        ({"model": "nets.py:networkz"}, 2, "did you mean networks?"),
        ({"text": "def networks():\n    yield 1\n"}, 1, "yields int 1"),
        ({"text": TEXT.replace('f"w{width}"', '"w"')}, 1, "two networks called 'w'"),
        ({"text": TEXT.replace("width, 3))", "width, 4))")}, 1, "not (2, 3)"),
        ({"truth": "net,accuracy\nw2,50\n"}, 1, "has the columns net, accuracy"),
        ({"truth": ""}, 1, "has the columns none"),
        ({"truth": "name,accuracy\nw2,50\nw3,60\n"}, 1, "has no row for w5, w8"),
        ({"truth": TRUTH + "w9,1\n"}, 1, "name no architecture"),
        ({"truth": TRUTH + "w8,71\n"}, 1, "different values"),
        ({"truth": TRUTH.replace("75.5", "good")}, 1, "are no accuracies in per cent"),
        ({"truth": "name,accuracy\nw2,.5\nw3,.6\nw5,.7\nw8,.8\n"}, 1, "fractions"),
    ],
)
def test_what_cannot_be_used_is_one_line_a_hint_and_an_exit_code(score, changed, code, message):
    result = score(*TINY, **changed)
    assert result.exit_code == code
    assert message in result.stderr
    lines = result.stderr.splitlines()
    assert any(line.startswith("hint: ") for line in lines)
    assert "Traceback" not in result.stderr
    assert exported_nothing()


def exported_nothing():
    return CliRunner().invoke(app, ["scores", "export"]).exit_code == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--space", "nb201", "--model", "nets.py:networks"], "--space and --model exclude each other"),
        (["--truth", "truth.csv"], "--truth belongs to --model"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, message):
    result = CliRunner().invoke(app, ["score", *words])
    assert (result.exit_code, message in result.stderr) == (2, True)


@pytest.mark.parametrize("dataset", ["tiny", "tiny:8", "tiny:0:3", "8:8:8"])
def test_a_dataset_that_is_none_is_refused(score, dataset):
    result = score("--dataset", dataset)
    assert (result.exit_code, "unknown dataset" in result.stderr) == (2, True)


def test_one_dataset_at_a_time(score):
    assert score("--dataset", "cifar10", "--dataset", "cifar100").exit_code == 2


def test_an_accuracy_may_be_left_empty(score):
    assert score(*TINY, truth=TRUTH.replace("75.5", "")).exit_code == 0
    assert set(correlations().values()) >= {1.0}
