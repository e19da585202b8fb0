"""Formats for programs: every column, full precision, no captions."""

from __future__ import annotations

import csv
import io
import json
import math

from zsbench.render.cells import is_missing
from zsbench.tables import Cell, Table


def tab_separated(table: Table) -> str:
    """Return TSV; a missing cell is empty."""
    return _separated(table, "\t")


def comma_separated(table: Table) -> str:
    """Return CSV; a missing cell is empty."""
    return _separated(table, ",")


def _separated(table: Table, delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_exact(cell) for cell in row] for row in table.rows)
    return buffer.getvalue()


def _exact(cell: Cell) -> str:
    if is_missing(cell):
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def json_records(table: Table) -> str:
    """Return a list of records; what is missing or not finite is null."""
    records = [{name: _json_value(cell) for name, cell in record.items()} for record in table.records()]
    return json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _json_value(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
