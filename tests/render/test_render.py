from __future__ import annotations

import csv
import io
import json
import math

import pytest

from zsbench.render import Format, render
from zsbench.tables import Column, Table

ARCH = "|nor_conv_3x3~0|+|none~0|skip_connect~1|"


@pytest.fixture
def table():
    return Table(
        title="title",
        columns=(
            Column("name"),
            Column("tau", digits=3),
            Column("interval", priority=1),
            Column("n", priority=2),
            Column("hidden", human=False),
        ),
        rows=(
            ("linear_regions", 0.123456, "[0.100, 0.200]", 15625, True),
            (ARCH, math.nan, None, 7, False),
        ),
        captions=("caption one", "5 % & more"),
    )


@pytest.mark.parametrize(("format", "delimiter"), [(Format.CSV, ","), (Format.TSV, "\t")])
def test_separated_values_read_back_in_full_precision_without_captions(table, format, delimiter):
    rows = list(csv.reader(io.StringIO(render(table, format)), delimiter=delimiter))
    assert rows == [
        ["name", "tau", "interval", "n", "hidden"],
        ["linear_regions", "0.123456", "[0.100, 0.200]", "15625", "true"],
        [ARCH, "", "", "7", "false"],
    ]


def test_json_is_a_plain_list_of_records_with_null_for_what_is_missing(table):
    records = json.loads(render(table, Format.JSON))
    assert records[0] == {
        "name": "linear_regions",
        "tau": 0.123456,
        "interval": "[0.100, 0.200]",
        "n": 15625,
        "hidden": True,
    }
    assert records[1]["tau"] is None
    assert records[1]["interval"] is None


def test_json_has_no_literal_that_strict_parsers_refuse():
    table = Table("", (Column("x"),), ((math.inf,), (-math.inf,), (math.nan,)))
    assert json.loads(render(table, Format.JSON), parse_constant=pytest.fail) == [{"x": None}] * 3


def test_markdown_escapes_cells_and_aligns_numbers(table):
    lines = render(table, Format.MD).splitlines()
    assert lines[0] == "### title"
    assert lines[3].replace("-", "").replace(" ", "") == "||:||:|"
    assert r"\|nor_conv_3x3\~0\|+\|none\~0\|skip_connect\~1\|" in lines[5]
    assert "0.123 " in lines[4]
    assert "hidden" not in "".join(lines)
    assert lines[-1] == "5 % &amp; more"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b", "a_b"),
        ("_a_", r"\_a\_"),
        ("a*b", r"a\*b"),
        ("<b>", "&lt;b>"),
        ("[x](y)", r"[x]\(y)"),
        ("two\nlines", "two<br>lines"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_markdown_shows_text_as_it_stands(text, escaped):
    assert f"| {escaped} " in render(Table("", (Column("x"),), ((text,),)), Format.MD)


def test_a_caption_cannot_become_a_markdown_heading_or_list():
    text = render(Table("", (Column("x"),), (), ("# one", "- two")), Format.MD)
    assert "\n\n\\# one\n\n\\- two\n" in text


def test_tex_escapes_what_tex_would_read(table):
    text = render(table, Format.TEX)
    assert r"\textbar{}nor\_conv\_3x3\textasciitilde{}0\textbar{}" in text
    assert r"\caption{title. caption one. 5 \% \& more.}" in text
    assert r"\begin{tabular}{lrlr}" in text
    assert "{[0.100, 0.200]}" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_terminal_table_fits_its_width(table, width):
    assert max(map(len, render(table, Format.RICH, width=width).splitlines())) <= width


def test_a_narrow_terminal_loses_columns_by_priority_and_says_so(table):
    text = render(table, Format.RICH, width=36)
    assert "0.123" in text
    assert "[0.100, 0.200]" not in text
    assert "Left out for want of width: interval, n." in text.replace("\n", " ")


def test_numbers_and_short_words_are_never_broken_even_where_nothing_fits(table):
    text = render(table, Format.RICH, width=10)
    assert "linear_regions" in text
    assert "0.123" in text
    assert "…" not in text


def test_long_text_wraps_between_words():
    words = "a long summary that goes on and on until it has to wrap around somewhere"
    text = render(Table("", (Column("name"), Column("summary")), (("x", words),)), Format.RICH, width=40)
    shown = text.splitlines()[2:]
    assert " ".join(shown).replace("x ", "", 1).split() == words.split()
    assert max(map(len, shown)) <= 40


def test_text_in_square_brackets_is_no_markup():
    text = render(Table("[red]t[/]", (Column("[b]x"),), (("[i]y[/i]",),), ("[link]",)), Format.RICH)
    for shown in ("[red]t[/]", "[b]x", "[i]y[/i]", "[link]"):
        assert shown in text


@pytest.mark.parametrize("format", list(Format))
def test_a_table_without_rows_still_prints(format):
    text = render(Table("t", (Column("x"), Column("y", digits=2)), ()), format)
    assert text.endswith("\n")
    assert format is Format.JSON or "x" in text


def _ranked(best, *numbers):
    return Table(
        "", (Column("name"), Column("x", digits=2, best=best)), tuple((str(i), n) for i, n in enumerate(numbers))
    )


def _cells_of(text):
    return [line.split(" & ")[1].removesuffix(r" \\") for line in text.splitlines() if " & " in line][1:]


@pytest.mark.parametrize(
    ("best", "numbers", "cells"),
    [
        ("high", (0.1, 0.3, 0.2), ["0.10", r"\textbf{0.30}", r"\underline{0.20}"]),
        ("low", (0.1, 0.3, 0.2), [r"\textbf{0.10}", "0.30", r"\underline{0.20}"]),
        ("", (0.1, 0.3, 0.2), ["0.10", "0.30", "0.20"]),
        ("high", (0.301, 0.299, 0.2, 0.1), [r"\textbf{0.30}", r"\textbf{0.30}", r"\underline{0.20}", "0.10"]),
        ("high", (-0.5, -0.1, None), [r"\underline{-0.50}", r"\textbf{-0.10}", "--"]),
        ("high", (0.5, 0.5), ["0.50", "0.50"]),
        ("high", (None, float("nan")), ["--", "--"]),
    ],
)
def test_tex_sets_the_best_bold_and_underlines_the_second_as_they_read(best, numbers, cells):
    assert _cells_of(render(_ranked(best, *numbers), Format.TEX)) == cells


def test_only_tex_marks_the_best():
    assert "textbf" not in render(_ranked("high", 0.1, 0.2), Format.MD)
