"""Published rows made by hand, and a table over the space of twelve."""

from __future__ import annotations

import csv

import pytest

from zsbench.tables import published as published_module
from zsbench.tables.comparison import make
from zsbench.tables.comparison import reading as reading_module
from zsbench.tables.published import Printed
from zsbench.tables.sources import Sources

FIELDS = ("source", "space", "population", "dataset", "proxy", "statistic", "value", "target", "settings", "note")
ROW = {"source": "paper2024", "space": "dozen", "population": "all12", "dataset": "tiny", "proxy": "up"}
ROW |= {"statistic": "kendall", "value": "0.5", "target": "valid", "settings": "", "note": ""}


@pytest.fixture
def printed():
    """Make one published row as it is read."""

    def one(text="0.46", **other):
        fields = {name: ROW[name] for name in ROW if name not in {"value", "settings"}}
        return Printed(**(fields | {"text": text} | other))

    return one


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Make these rows, and the rules given as TOML, all that is published."""
    folder = tmp_path / "data" / "published"

    def write(*rows, rules="target = []\nrenamed = []\nnot_comparable = []\n[causes]\n", checks=()):
        folder.mkdir(parents=True)
        with (folder / "correlations.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows(ROW | row for row in rows)
        (folder / "exact_checks.csv").write_text("\n".join(["check,value,how", *checks]) + "\n")
        (folder / "reading.toml").write_text(rules)
        for module in (published_module, reading_module):
            monkeypatch.setattr(module, "packaged", lambda name: tmp_path / name)

    return write


@pytest.fixture
def layout():
    """A table of one dataset; keywords add to it, `population` to its population."""

    def make_layout(*, scope=None, population=None, **other):
        one = {"regime": "all", "published": ["all12"]} | (population or {})
        whole = {"space": "dozen", "datasets": ["tiny"], "target": "valid", "population": [one]} | (scope or {})
        return {"title": "T", "statistics": ["kendall", "spearman"], "scope": [whole]} | other

    return make_layout


@pytest.fixture
def sources(dozen, known):
    """Make sources that hold these stored sets."""

    def hold(*sets, **other):
        return Sources({"dozen": dozen}, known, lambda space, dataset: sets, **other)

    return hold


@pytest.fixture
def records(layout, sources):
    """Make a table and return its rows by (proxy, statistic)."""

    def of(*sets, plan=None, **other):
        table = make(plan or layout(), "t", sources(*sets, **other))
        return {(record["proxy"], record["statistic"]): record for record in table.records()}

    return of
