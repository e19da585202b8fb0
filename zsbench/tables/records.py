"""Correlations as records for programs: one row a (set, regime, proxy, statistic)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zsbench.stats import Estimate
from zsbench.tables.captions import captions, title, with_intervals
from zsbench.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from zsbench.tables.correlations import Correlations

_RECORD_COLUMNS = tuple(
    Column(name)
    for name in (
        *("space", "dataset", "target", "regime", "proxy", "statistic", "value", "low", "high", "stderr"),
        *("n", "failed", "ties", "conditions", "degenerate"),
    )
)
CEILING = "(ceiling)"
"""What stands for a perfect proxy in records."""


def records_table(results: Sequence[Correlations], *, intervals: bool = True) -> Table:
    """Return the long form for programs, one row a (set, regime, proxy, statistic); names are a public interface.

    Differences from another proxy are statistics of their own, `kendall-vs-params`, with two more columns: `p`, and
    `p_holm`, corrected for the table. Their `n` is of networks with both scores. A ceiling has the proxy `(ceiling)`.
    """
    compared = any(result.against for result in results)
    columns = (*_RECORD_COLUMNS, Column("p"), Column("p_holm")) if compared else _RECORD_COLUMNS
    rows = [row[: len(columns)] for result in results for row in _records(result, intervals=intervals)]
    said: list[str] = []
    for result in results:
        said += [title(result), *captions(result, with_intervals(result, at_top=True) if intervals else [])]
    return Table("", columns, tuple(rows), tuple(dict.fromkeys(said)))


def _records(result: Correlations, *, intervals: bool) -> list[tuple[Cell, ...]]:
    """Return rows of all columns there may be."""
    where = (result.space, result.dataset, result.truth.target, result.regime.name)
    rows: list[tuple[Cell, ...]] = []
    for line in result.lines:
        conditions = "+".join(c.id for c in line.scores.conditions)
        about = (line.failed, number(line.ties), conditions, line.degenerate)
        name = line.scores.proxy.name
        for statistic, found in zip(result.statistics, line.estimates, strict=True):
            numbers = _numbers(found, intervals=intervals)
            rows.append((*where, name, statistic.name, *numbers, line.n, *about, None, None))
        for statistic, compared in zip(result.statistics, line.differences, strict=bool(line.differences)):
            if compared is not None:
                numbers = _numbers(compared.estimate, intervals=intervals)
                versus = f"{statistic.name}-vs-{result.against}"
                p = number(compared.p), number(compared.p_holm)
                rows.append((*where, name, versus, *numbers, compared.n, *about, *p))
    return rows + _ceiling_records(result)


def _ceiling_records(result: Correlations) -> list[tuple[Cell, ...]]:
    if result.ceiling is None:
        return []
    where = (result.space, result.dataset, result.truth.target, result.regime.name, CEILING)
    about = (result.networks, 0, None, "", 0, None, None)
    return [
        (*where, statistic.name, number(value), None, None, None, *about)
        for statistic, value in zip(result.statistics, result.ceiling.values, strict=True)
    ]


def _numbers(found: Estimate, *, intervals: bool) -> list[Cell]:
    spread = (found.low, found.high, found.stderr) if intervals else (math.nan,) * 3
    return [number(one) for one in (found.value, *spread)]


def number(value: float) -> float | None:
    """Return a value as records have it: none for NaN."""
    return None if math.isnan(value) else value
