"""What the tests of `zsbench correlate` share."""

from __future__ import annotations

import json

import pytest

from zsbench.cli.correlate import correlate
from zsbench.cli.output import Format


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def records(results, capsys):
    """Run `zsbench correlate --format json` on the results folder and read what it says."""

    def run(**options):
        correlate(results=results, format=Format.JSON, **options)
        return json.loads(capsys.readouterr().out)

    return run
