"""Tables as text: one small pure function a format; nothing is printed here.

Machine formats (tsv, csv, json) carry every column at full precision and no captions; formats for people (rich, md,
tex) carry the columns marked `human`, rounded, with title and captions.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from zsbench.render.latex import tex
from zsbench.render.machine import comma_separated, json_records, tab_separated
from zsbench.render.markdown import markdown
from zsbench.render.terminal import plain, styled_lines
from zsbench.tables import Table

__all__ = ["CARRIES_CAPTIONS", "Format", "render", "styled_lines"]


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
    return plain(table, width) if format is Format.RICH else _WRITERS[format](table)


_WRITERS: dict[Format, Callable[[Table], str]] = {
    Format.TSV: tab_separated,
    Format.CSV: comma_separated,
    Format.JSON: json_records,
    Format.MD: markdown,
    Format.TEX: tex,
}
