"""Tables as the page shows them: text cells, what is a number, what is best; the template only lays them out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from zsbench.render.cells import MISSING, for_people, numeric
from zsbench.tables import Column, Table

_A_NUMBER = re.compile(r"[\[<]?-?\d+(\.\d+)?(e[-+]\d+)?([\], %].*)?")
"""A number, alone or with something after it: `0.645`, `[0.616,0.673]`, `0.455 apd`; not a date, not a digest."""
_LONG = 56
"""Characters: a longer cell may break into lines."""
_LEFT_OUT = {"#", "family"}
"""The order of rows is to be seen; families stand in the figures."""
_NEGATIVE = re.compile(r"(?<![\w.])-(?=\d)")


@dataclass(frozen=True)
class Head:
    """A column: its name, whether its cells go to the right, and whether they sort as numbers."""

    name: str
    right: bool
    by_number: bool
    falls: bool = False
    """Whether sorting begins with the highest."""


@dataclass(frozen=True)
class Cell:
    """What a cell shows; `best` where rows compete and none is better."""

    text: str
    best: bool = False

    @property
    def long(self) -> bool:
        """Whether it may break into lines."""
        return len(self.text) > _LONG


@dataclass(frozen=True)
class Sheet:
    """A table of the page; the first cell of a row names it."""

    id: str
    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    label: str = ""
    """What opens it where it is folded away."""
    command: str = ""
    """The command that prints it."""


def sheet(table: Table, id_: str, *, label: str = "", command: str = "") -> Sheet:
    """Return a table for the page, without columns that are empty and without the count of places."""
    table = _without_empty(table)
    columns, rows = for_people(table)
    right = numeric(table)
    heads = tuple(_head(column, [row[i] for row in rows], right[i]) for i, column in enumerate(columns))
    best = [_best(column, table) for column in columns]
    body = tuple(
        tuple(Cell(_NEGATIVE.sub("−", text), text != MISSING and text == best[i]) for i, text in enumerate(row))
        for row in rows
    )
    return Sheet(id_, table.title, heads, body, table.captions, label or table.title, command)


def _without_empty(table: Table) -> Table:
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.name not in _LEFT_OUT and (place == 0 or any(row[place] not in {None, ""} for row in table.rows))
    ]
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return replace(table, columns=tuple(table.columns[place] for place in kept), rows=rows)


def _head(column: Column, texts: Sequence[str], right: bool) -> Head:  # noqa: FBT001 (one of the cells' properties)
    present = [text for text in texts if text != MISSING]
    by_number = right or (bool(present) and all(_A_NUMBER.fullmatch(text) for text in present))
    bare = by_number and all(" " not in text for text in present)
    return Head(_NEGATIVE.sub("−", column.name), right or bare, by_number, by_number and column.best != "low")


def _best(column: Column, table: Table) -> str | None:
    """Return how the best number of a column reads; None where rows do not compete."""
    if not column.best:
        return None
    texts = for_people(table)[1]
    shown = [one for one in table.columns if one.human].index(column)
    known = [
        (number, row[shown])
        for number, row in zip((row[table.columns.index(column)] for row in table.rows), texts, strict=True)
        if isinstance(number, int | float) and number == number  # noqa: PLR0124 (NaN: no number)
    ]
    if len({text for _, text in known}) < 2:
        return None
    return (max if column.best == "high" else min)(known)[1]
