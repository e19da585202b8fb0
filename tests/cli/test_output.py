from __future__ import annotations

import json
import stat
import sys

import pytest

from zsbench.cli.output import Format, emit, emit_all, note, warn
from zsbench.errors import UsageError, ZsbenchError
from zsbench.tables import Column, Table


@pytest.fixture
def table():
    return Table("title", (Column("a"), Column("b")), ((1, "x"),), ("caption",))


@pytest.mark.parametrize("format", [None, Format.TSV])
def test_a_pipe_gets_clean_data_and_stderr_the_captions(table, format, capsys):
    emit(table, format)
    out, err = capsys.readouterr()
    assert out == "a\tb\n1\tx\n"
    assert err == "title\ncaption\n"


def test_a_terminal_gets_the_table_with_its_captions(table, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    emit(table)
    out, err = capsys.readouterr()
    assert "title" in out
    assert "caption" in out
    assert err == ""


def test_json_on_stdout_is_nothing_but_records(table, capsys):
    emit_all([table, table], Format.JSON)
    out, err = capsys.readouterr()
    assert json.loads(out) == [{"a": 1, "b": "x"}] * 2
    assert "caption" in err


def test_several_tables_follow_one_another_where_people_read(table, capsys):
    emit_all([table, table], Format.MD)
    assert capsys.readouterr().out.count("### title") == 2


def test_tables_of_different_columns_cannot_be_one_file(table):
    with pytest.raises(UsageError, match="different columns"):
        emit_all([table, Table("", (Column("c"),), ())], Format.CSV)


@pytest.mark.parametrize(
    ("name", "begins"), [("t.csv", "a,b\n"), ("t.json", "[\n"), ("t.md", "### title"), ("t.tex", "%"), ("t", "a\tb")]
)
def test_a_file_gets_the_format_of_its_suffix(table, tmp_path, name, begins, capsys):
    path = tmp_path / "new" / name
    emit(table, output=path)
    assert path.read_text(encoding="utf-8").startswith(begins)
    out, err = capsys.readouterr()
    assert out == ""
    assert f"wrote {path}" in err.replace("\n", "")


def test_a_file_is_replaced_whole_and_readable_by_others(table, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("old")
    emit(table, output=path)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["t.csv"]
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR
    assert path.read_text() == "a,b\n1,x\n"


def test_a_file_that_cannot_be_written_is_explained_and_leaves_nothing(table, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ZsbenchError, match="cannot write"):
        emit(table, output=tmp_path / "folder.csv")
    (tmp_path / "file").touch()
    with pytest.raises(ZsbenchError, match="cannot write"):
        emit(table, output=tmp_path / "file" / "t.csv")
    assert not list(tmp_path.glob(".folder*"))


def test_a_link_stays_a_link_and_a_device_a_device(table, tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "target.csv")
    (tmp_path / "target.csv").touch()
    emit(table, output=tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "target.csv").read_text() == "a,b\n1,x\n"
    (tmp_path / "null").symlink_to("/dev/null")
    emit(table, output=tmp_path / "null")
    assert (tmp_path / "null").is_symlink()


def test_notes_and_warnings_stand_on_stderr_as_they_are(capsys):
    note("[red]brackets[/red] " + "long " * 40)
    warn("[b]")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["[red]brackets[/red] " + "long " * 40, "warning: [b]"]
