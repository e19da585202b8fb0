"""The scores that come with the checkout can be used, and are of today's definitions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app

EXPORTS = sorted((Path(__file__).parents[1] / "results" / "exports").glob("*.parquet"))


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_shipped_scores_import_are_not_stale_and_correlate(path):
    run("scores", "import", str(path))
    (stored,) = json.loads(run("scores", "ls", "--format", "json"))
    assert stored["stale"] == 0
    assert stored["networks"] >= 1000
    records = json.loads(run("correlate", "--proxy", "params", "--stat", "kendall", "--format", "json"))
    assert records[0]["n"] == stored["networks"]
    assert 0.5 < records[0]["value"] < 0.7


def test_some_scores_ship():
    assert EXPORTS
