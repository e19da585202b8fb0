"""`zsbench table`: gaps are named, the rest prints."""

from __future__ import annotations

from typer.testing import CliRunner

from zsbench.cli.app import app


def test_a_table_whose_truth_and_scores_are_missing_prints_and_says_what_brings_them():
    result = CliRunner().invoke(app, ["table", "nb201-cifar10", "--format", "md"])
    assert result.exit_code == 0
    assert "| snip " in result.stdout
    assert "not scored yet" in result.stdout
    assert "zsbench data list" in result.stderr
    assert "zsbench score --space nb201 --dataset cifar10" in result.stderr


def test_an_unknown_table_exits_with_2():
    assert CliRunner().invoke(app, ["table", "nope"]).exit_code == 2
