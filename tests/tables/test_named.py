"""Named tables: found by name, made by the module of their kind, with what was noted on the way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.tables import named
from zsbench.tables.named import KINDS, layouts, make_table, people_views, read_layout
from zsbench.tables.sources import Sources
from zsbench.tables.table import Column, Table


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of layouts, empty."""
    monkeypatch.setattr(named, "packaged", lambda name: tmp_path / name)
    path = tmp_path / "configs" / "tables"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def nothing():
    return Sources({}, {}, lambda space, dataset: ())


def test_every_table_that_ships_has_a_kind_a_title_and_a_summary():
    assert layouts()
    for name in layouts():
        layout = read_layout(name)
        assert layout["kind"] in KINDS
        assert layout["title"]
        assert layout["summary"]


@pytest.mark.parametrize("name", layouts())
def test_every_table_that_ships_prints_without_any_score(name):
    from zsbench.registry import proxies, spaces
    from zsbench.render import Format, render

    made = make_table(name, Sources(spaces(), proxies(), lambda space, dataset: ()))
    assert made.rows
    assert made.columns[-1].name == "verdict"
    assert any(f"zsbench table {name}" in text for text in made.captions)
    for view in people_views(name, made):
        assert render(view, Format.MD)


def test_an_unknown_table_is_a_usage_error_with_a_suggestion():
    with pytest.raises(UsageError, match="unknown table 'survey-nb202'") as error:
        read_layout("survey-nb202")
    assert "survey-nb201" in error.value.hint


def test_an_unknown_kind_names_the_file(folder):
    (folder / "mine.toml").write_text('kind = "bests"')
    with pytest.raises(ZsbenchError, match=r"mine.toml: unknown kind 'bests'") as error:
        read_layout("mine")
    assert "best" in error.value.hint


def test_a_file_that_is_no_toml_is_an_explained_error(folder):
    (folder / "mine.toml").write_text("kind = [")
    with pytest.raises(ZsbenchError, match=r"cannot read .*mine.toml"):
        read_layout("mine")


def test_the_kind_is_correlations_unless_it_is_said(folder):
    (folder / "mine.toml").write_text("")
    assert read_layout("mine")["kind"] == "correlations"


def test_what_is_noted_stands_below_the_table_it_was_noted_for(folder, nothing, monkeypatch):
    def make(layout, name, sources):
        sources.note(f"noted for {name}")
        sources.note(f"noted for {name}")
        return Table(layout["title"], (Column("verdict"),), (), ("said",))

    monkeypatch.setattr(named.importlib, "import_module", lambda module: SimpleNamespace(make=make))
    for name in ("one", "two"):
        (folder / f"{name}.toml").write_text('title = "T"')
        made = make_table(name, nothing)
        assert made.captions == ("said", f"noted for {name}")
        assert people_views(name, made) == [made]
