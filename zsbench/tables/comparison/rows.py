"""The rows of a table of correlations, and the columns that programs and people see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from zsbench.tables.comparison.plan import Plan
from zsbench.tables.table import Cell, Column, Table


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cell of the table's question: published, ours, or both; None where there is no such number."""

    space: str
    dataset: str
    target: str
    population: str
    """Our regime; of rows that nothing of ours stands beside, as published."""
    statistic: str
    proxy: str
    published: str | None
    """Values with source keys."""
    published_over: str = ""
    """The populations that they are over."""
    sample: int | None = None
    """How many random networks of such a population they are over; None for all of it."""
    measured: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    failed: int | None = None
    whole: float | None = None
    """Ours over the wider regime."""
    change: float | None = None
    null_stderr: float | None = None
    """Standard error of tau between unrelated rankings of as many networks."""
    difference: float | None = None
    conditions: str = ""
    brings: str = ""
    """The command that brings what is missing."""
    verdict: str = ""
    measures: str = ""
    """The proxy's name as registered, where `proxy` also says under which conditions."""

    def cells(self, names: Sequence[str]) -> tuple[Cell, ...]:
        """Return the row's cells of the columns called so."""
        return tuple(_cell(getattr(self, name)) for name in names)


def _cell(value: Cell) -> Cell:
    return None if isinstance(value, float) and math.isnan(value) else value


WIDER = ("whole", "change", "null_stderr")
_NAMES = (
    *("space", "dataset", "target", "population", "statistic", "proxy", "published", "published_over", "sample"),
    *("measured", "low", "high", "n", "failed", *WIDER, "difference", "conditions", "brings", "verdict"),
)
_DECIMALS = frozenset({"measured", "low", "high", "difference", *WIDER})
_FOR_PROGRAMS = frozenset({"published_over", "sample", "conditions", "brings"})


def table_of(plan: Plan, rows: Sequence[Row], captions: Sequence[str]) -> Table:
    """Return the long form, one row a cell."""
    wider = any(population.whole for scope in plan.scopes for population in scope.populations)
    names = [name for name in _NAMES if wider or name not in WIDER]
    columns = tuple(
        Column(name, digits=3 if name in _DECIMALS else None, human=name not in _FOR_PROGRAMS) for name in names
    )
    return Table(plan.title, columns, tuple(row.cells(names) for row in rows), tuple(captions))
