"""How the cells of named tables stand to print: one row a table, one column an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from zsbench.tables.table import Cell, Column, Table
from zsbench.tables.verdict import Outcome, outcome_of

_OURS = frozenset({Outcome.AGREES, Outcome.DIFFERS, Outcome.NOTHING_PUBLISHED})
_LEGEND = (
    "A cell is one published quantity, one of ours, or both. agree: ours is inside the published values, within the "
    "tolerance of the table, or within an interval of either; disagree: it is outside of all of these; missing: "
    "published, and not measured here: zsbench table NAME says why, and what brings it."
)


def outcomes(table: Table) -> Counter[Outcome]:
    """Count the cells of a made table, whose last column is `verdict`, by what their verdicts come down to."""
    return Counter(outcome_of(str(row[-1])) for row in table.rows)


def has_ours(table: Table) -> bool:
    """Return whether any cell of a made table has a number of ours."""
    return any(outcomes(table)[outcome] for outcome in _OURS)


def summary(tables: Mapping[str, Table]) -> Table:
    """Return one row a table, by name, and one for all of them."""
    counted = {name: outcomes(table) for name, table in tables.items()}
    total: Counter[Outcome] = sum(counted.values(), Counter())
    columns = (
        Column("table"),
        Column("cells"),
        *(Column(outcome.value) for outcome in Outcome),
        Column("title", priority=1),
    )
    rows = [_row(name, counted[name], tables[name].title) for name in tables]
    return Table(
        "Published beside measured, all tables",
        columns,
        (*rows, _row("all", total, "")),
        (_LEGEND, "Made by: zsbench reproduce."),
    )


def _row(name: str, counts: Mapping[Outcome, int], title: str) -> tuple[Cell, ...]:
    return (name, sum(counts.values()), *(counts.get(outcome, 0) for outcome in Outcome), title)
