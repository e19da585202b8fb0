"""Cells as people read them: rounded, with a sign for what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from zsbench.tables import Cell, Column, Table

MISSING = "–"


def for_people(table: Table) -> tuple[list[Column], list[list[str]]]:
    """Return the columns that people see and, row by row, their cells as text."""
    shown = [i for i, column in enumerate(table.columns) if column.human]
    columns = [table.columns[i] for i in shown]
    return columns, [[_readable(row[i], table.columns[i]) for i in shown] for row in table.rows]


def _readable(cell: Cell, column: Column) -> str:
    if is_missing(cell):
        return MISSING
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        if column.digits is None or math.isinf(cell):
            return f"{cell:.6g}"
        if column.tiny and 0 < abs(cell) < 0.5 * 10**-column.digits:
            return f"{cell:.1g}"
        return f"{cell:.{column.digits}f}"
    return str(cell)


def numeric(table: Table) -> list[bool]:
    """Return for every human column whether its cells are numbers (and so go to the right)."""
    shown = [i for i, column in enumerate(table.columns) if column.human]
    return [_is_numeric([row[i] for row in table.rows], table.columns[i].digits) for i in shown]


def _is_numeric(cells: Sequence[Cell], digits: int | None) -> bool:
    present = [cell for cell in cells if cell is not None]
    if not present:
        return digits is not None
    return all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in present)


def is_missing(cell: Cell) -> bool:
    """Return whether there is nothing to show: None or NaN."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
