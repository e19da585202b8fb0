"""Tables as text: one small pure function a format; nothing is printed here.

Machine formats (tsv, csv, json) carry every column at full precision and no captions; formats for people (rich, md,
tex) carry the columns marked `human`, rounded, with title and captions.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from rich.console import Console

MISSING = "–"
"""What people see where there is no number."""
_GAP = 2
_LONGEST_UNBROKEN = 32
"""Words up to this long are never broken over two lines of a terminal."""


class Format(StrEnum):
    """How a table is written."""

    RICH = "rich"
    TSV = "tsv"
    CSV = "csv"
    JSON = "json"
    MD = "md"
    TEX = "tex"


CARRIES_CAPTIONS = frozenset({Format.RICH, Format.MD, Format.TEX})


def render(table: Table, format: Format, *, width: int = 120) -> str:
    """Return `table` as text that ends in a newline; `width` in characters is heeded by `rich` alone."""
    if format is Format.RICH:
        return _rich_text(table, width)
    return _WRITERS[format](table)


def _tsv(table: Table) -> str:
    return _separated(table, "\t")


def _csv(table: Table) -> str:
    return _separated(table, ",")


def _separated(table: Table, delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_exact(cell) for cell in row] for row in table.rows)
    return buffer.getvalue()


def _exact(cell: Cell) -> str:
    if _is_missing(cell):
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _json(table: Table) -> str:
    records = [{name: _json_value(cell) for name, cell in record.items()} for record in table.records()]
    return json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _json_value(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _md(table: Table) -> str:
    columns, rows = _for_people(table)
    header = [_md_escape(column.name) for column in columns]
    body = [[_md_escape(text) for text in row] for row in rows]
    right = _numeric(table)
    widths = [max(3, *map(len, cells)) for cells in zip(header, *body, strict=True)]
    rule = ["-" * (w - 1) + ":" if r else "-" * w for w, r in zip(widths, right, strict=True)]
    lines = [_md_row(header, widths, right), _md_row(rule, widths, right)]
    lines += [_md_row(row, widths, right) for row in body]
    parts = [f"### {_md_escape(table.title)}"] if table.title else []
    parts += ["\n".join(lines), *(re.sub(r"^([-#+])", r"\\\1", _md_escape(caption)) for caption in table.captions)]
    return "\n\n".join(parts) + "\n"


def _md_row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(cells, widths, right, strict=True)]
    return "| " + " | ".join(padded) + " |"


def _md_escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    text = re.sub(r"([|*`~$]|(?<=\])\()", r"\\\1", text)
    # Underscores within a word (nor_conv_3x3) are plain text to Markdown and stay readable.
    text = re.sub(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])", r"\\_", text)
    return text.replace("\n", "<br>")


def _tex(table: Table) -> str:
    columns, rows = _for_people(table)
    right = _numeric(table)
    lines = [r"% needs \usepackage{booktabs}", r"\begin{table}", r"\centering"]
    if caption := " ".join(_sentence(part) for part in (table.title, *table.captions) if part):
        lines.append(rf"\caption{{{_tex_escape(caption)}}}")
    lines += [rf"\begin{{tabular}}{{{''.join('r' if r else 'l' for r in right)}}}", r"\toprule"]
    lines += [_tex_row([column.name for column in columns]), r"\midrule"]
    lines += [_tex_row(row) for row in rows]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _tex_row(cells: Sequence[str]) -> str:
    # Braces keep a leading '[' from being read as the optional argument of the line break before it.
    escaped = [f"{{{text}}}" if text.startswith("[") else text for text in map(_tex_escape, cells)]
    return " & ".join(escaped) + r" \\"


_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "τ": r"$\tau$",
    "ρ": r"$\rho$",
    "±": r"$\pm$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
    "√": r"$\surd$",
    "–": "--",
    "\n": " ",
} | {mark: "\\" + mark for mark in "&%$#_{}"}


def _tex_escape(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)


_WRITERS: dict[Format, Callable[[Table], str]] = {
    Format.TSV: _tsv,
    Format.CSV: _csv,
    Format.JSON: _json,
    Format.MD: _md,
    Format.TEX: _tex,
}


def _rich_text(table: Table, width: int) -> str:
    from rich.console import Console

    buffer = io.StringIO()
    show(table, Console(file=buffer, width=width, no_color=True))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def show(table: Table, console: Console) -> None:
    """Lay `table` out on a Rich console: whole words and numbers, columns left out by priority, never cut."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    chosen, widths = _layout(table, console.width)
    columns, rows = _for_people(table)
    right = _numeric(table)
    if table.title:
        console.print(Text(table.title, style="bold"))
    grid = RichTable(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), show_edge=False)
    for i, width in zip(chosen, widths, strict=True):
        justify = "right" if right[i] else "left"
        grid.add_column(Text(columns[i].name), width=width, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        grid.add_row(*(Text(row[i]) for i in chosen))
    console.print(grid, width=max(console.width, sum(widths) + _GAP * len(widths)), crop=False, no_wrap=False)
    for caption in table.captions:
        console.print(Text(caption, style="dim"))
    if hidden := [column.name for i, column in enumerate(columns) if i not in chosen]:
        console.print(Text(f"Left out for want of width: {', '.join(hidden)}.", style="dim"))


def _layout(table: Table, width: int) -> tuple[list[int], list[int]]:
    """Return which human columns fit into `width` characters, and how wide each is."""
    columns, rows = _for_people(table)
    right = _numeric(table)
    cells = [[column.name, *(row[i] for row in rows)] for i, column in enumerate(columns)]
    natural = [max(map(_line_width, texts)) for texts in cells]
    least = [
        max(_widest_word(t) for t in (texts if not r else texts[:1])) for texts, r in zip(cells, right, strict=True)
    ]
    for i, texts in enumerate(cells):
        if right[i]:
            least[i] = max(least[i], *map(_line_width, texts[1:]), 1)
    chosen = list(range(len(columns)))
    room = width + 1
    while sum(least[i] + _GAP for i in chosen) > room and any(columns[i].priority for i in chosen):
        chosen.remove(max(chosen, key=lambda i: (columns[i].priority, i)))
    widths = {i: natural[i] for i in chosen}
    while sum(widths.values()) + _GAP * len(chosen) > room:
        slack = {i: widths[i] - least[i] for i in chosen}
        widest = max(chosen, key=lambda i: slack[i])
        if slack[widest] <= 0:
            break
        widths[widest] -= 1
    return chosen, [widths[i] for i in chosen]


def _line_width(text: str) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for line in text.splitlines()), default=0)


def _widest_word(text: str) -> int:
    return min(_LONGEST_UNBROKEN, max((_line_width(word) for word in text.split()), default=1))


def _for_people(table: Table) -> tuple[list[Column], list[list[str]]]:
    shown = [i for i, column in enumerate(table.columns) if column.human]
    columns = [table.columns[i] for i in shown]
    return columns, [[_readable(row[i], table.columns[i].digits) for i in shown] for row in table.rows]


def _readable(cell: Cell, digits: int | None) -> str:
    if _is_missing(cell):
        return MISSING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.6g}" if digits is None or math.isinf(cell) else f"{cell:.{digits}f}"
    return str(cell)


def _numeric(table: Table) -> list[bool]:
    """Return for every human column whether its cells are numbers (and so go to the right)."""
    shown = [i for i, column in enumerate(table.columns) if column.human]
    return [_is_numeric([row[i] for row in table.rows], table.columns[i].digits) for i in shown]


def _is_numeric(cells: Sequence[Cell], digits: int | None) -> bool:
    present = [cell for cell in cells if cell is not None]
    if not present:
        return digits is not None
    return all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in present)


def _is_missing(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
