"""Markdown (GitHub's flavour): a heading, a table whose source is aligned too, captions as paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zsbench.render.cells import for_people, numeric
from zsbench.tables import Table


def markdown(table: Table) -> str:
    """Return heading, table and captions; text shows as it stands."""
    columns, rows = for_people(table)
    header = [_escape(column.name) for column in columns]
    body = [[_escape(text) for text in row] for row in rows]
    right = numeric(table)
    widths = [max(3, *map(len, cells)) for cells in zip(header, *body, strict=True)]
    rule = ["-" * (w - 1) + ":" if r else "-" * w for w, r in zip(widths, right, strict=True)]
    lines = [_row(header, widths, right), _row(rule, widths, right)]
    lines += [_row(row, widths, right) for row in body]
    parts = [f"### {_escape(table.title)}"] if table.title else []
    parts += ["\n".join(lines), *(re.sub(r"^([-#+])", r"\\\1", _escape(caption)) for caption in table.captions)]
    return "\n\n".join(parts) + "\n"


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(cells, widths, right, strict=True)]
    return "| " + " | ".join(padded) + " |"


def _escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    text = re.sub(r"([|*`~$]|(?<=\])\()", r"\\\1", text)
    # Underscores within a word (nor_conv_3x3) are plain text to Markdown and stay readable.
    text = re.sub(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])", r"\\_", text)
    return text.replace("\n", "<br>")
