"""Tables on a terminal: whole words and numbers, columns left out by priority, nothing cut silently."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from zsbench.render.cells import for_people, numeric
from zsbench.tables import Table

_GAP = 2
_LONGEST_UNBROKEN = 32
"""Words up to this long are never broken over two lines."""


def plain(table: Table, width: int) -> str:
    """Return the terminal's view without colours."""
    return "".join(f"{line.rstrip()}\n" for _, line in styled_lines(table, width))


def styled_lines(table: Table, width: int) -> Iterator[tuple[str, str]]:
    """Lay `table` out for a terminal of `width` characters: (Rich style, line) pairs.

    Words and numbers stay whole; columns are left out by priority, and the last line says which. Where even that is
    not enough, lines are longer than `width`.
    """
    chosen, widths = _layout(table, width)
    columns, rows = for_people(table)
    right = [numeric(table)[i] for i in chosen]
    if table.title:
        yield from (("bold", line) for line in _wrapped(table.title, width))
    yield from (("bold", line) for line in _row_lines([columns[i].name for i in chosen], widths, right))
    yield "dim", "─" * (sum(widths) + _GAP * (len(widths) - 1))
    for row in rows:
        yield from (("", line) for line in _row_lines([row[i] for i in chosen], widths, right))
    hidden = [column.name for i, column in enumerate(columns) if i not in chosen]
    notes = [*table.captions, f"Left out for want of width: {', '.join(hidden)}."] if hidden else table.captions
    for text in notes:
        yield from (("dim", line) for line in _wrapped(text, width))


def _layout(table: Table, width: int) -> tuple[list[int], list[int]]:
    """Return which human columns fit into `width` characters, and how wide each is."""
    columns, rows = for_people(table)
    texts = [[column.name, *(row[i] for row in rows)] for i, column in enumerate(columns)]
    natural = [max(map(_line_width, column)) for column in texts]
    # Numbers never wrap, and what may be left out does not either: it goes before it makes rows taller.
    unbroken = [right or column.priority > 0 for column, right in zip(columns, numeric(table), strict=True)]
    least = [
        max(_widest_word(column[0]), *(map(_line_width if whole else _widest_word, column[1:])), 1)
        for column, whole in zip(texts, unbroken, strict=True)
    ]
    chosen = list(range(len(columns)))
    room = width + _GAP
    while sum(least[i] + _GAP for i in chosen) > room and any(columns[i].priority for i in chosen):
        chosen.remove(max(chosen, key=lambda i: (columns[i].priority, i)))
    widths = {i: natural[i] for i in chosen}
    while sum(widths.values()) + _GAP * len(chosen) > room:
        roomiest = max(chosen, key=lambda i: widths[i] - least[i])
        if widths[roomiest] == least[roomiest]:
            break
        widths[roomiest] -= 1
    return chosen, [widths[i] for i in chosen]


def _row_lines(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for lines in zip_longest(*wrapped, fillvalue=""):
        yield (" " * _GAP).join(_padded(*cell) for cell in zip(lines, widths, right, strict=True))


def _padded(text: str, width: int, right: bool) -> str:  # noqa: FBT001 (zipped from three lists)
    gap = " " * (width - _line_width(text))
    return gap + text if right else text + gap


def _wrapped(text: str, width: int) -> list[str]:
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, width, break_on_hyphens=False)]
    return lines or [""]


def _line_width(text: str) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for line in text.splitlines()), default=0)


def _widest_word(text: str) -> int:
    return min(_LONGEST_UNBROKEN, max((_line_width(word) for word in text.split()), default=1))
