"""Correlations as records for programs: one row a (set, regime, proxy, statistic)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zsbench.stats import Estimate
from zsbench.tables.captions import captions, title, with_intervals
from zsbench.tables.cost import on_front
from zsbench.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from zsbench.tables.correlations import Correlations, Line

_ALWAYS = (
    *("space", "dataset", "target", "regime", "proxy", "statistic", "value", "low", "high", "stderr"),
    *("n", "failed", "ties", "conditions", "degenerate"),
)
CEILING = "(ceiling)"
"""What stands for a perfect proxy in records."""


def records_table(results: Sequence[Correlations], *, intervals: bool = True) -> Table:
    """Return the long form for programs, one row a (set, regime, proxy, statistic); names are a public interface.

    Differences from another proxy are statistics of their own, `kendall-vs-params`, with two more columns: `p`, and
    `p_holm`, corrected for the table. Their `n` is of networks with both scores. A ceiling has the proxy `(ceiling)`.
    What proxies cost, if it was asked for, are two columns as well: `seconds` (median a network) and `pareto`.
    """
    wanted = {
        **dict.fromkeys(("p", "p_holm"), any(result.against for result in results)),
        **dict.fromkeys(("seconds", "pareto"), any(result.with_cost for result in results)),
    }
    names = [*_ALWAYS, *(name for name, shown in wanted.items() if shown)]
    found = [record for result in results for record in _records(result, intervals=intervals)]
    rows = [tuple(record.get(name) for name in names) for record in found]
    said: list[str] = []
    for result in results:
        said += [title(result), *captions(result, with_intervals(result, at_top=True) if intervals else [])]
    return Table("", tuple(Column(name) for name in names), tuple(rows), tuple(dict.fromkeys(said)))


def _records(result: Correlations, *, intervals: bool) -> list[dict[str, Cell]]:
    found: list[dict[str, Cell]] = []
    for line in result.lines:
        about = _where(result) | _about(line, result)
        for statistic, estimate in zip(result.statistics, line.estimates, strict=True):
            numbers = _numbers(estimate, intervals=intervals)
            found.append(about | {"statistic": statistic.name, "n": line.n} | numbers)
        for statistic, compared in zip(result.statistics, line.differences, strict=bool(line.differences)):
            if compared is not None:
                numbers = _numbers(compared.estimate, intervals=intervals)
                which: dict[str, Cell] = {"statistic": f"{statistic.name}-vs-{result.against}", "n": compared.n}
                p: dict[str, Cell] = {"p": number(compared.p), "p_holm": number(compared.p_holm)}
                found.append(about | which | numbers | p)
    return found + _ceiling_records(result)


def _where(result: Correlations) -> dict[str, Cell]:
    return {
        "space": result.space,
        "dataset": result.dataset,
        "target": result.truth.target,
        "regime": result.regime.name,
    }


def _about(line: Line, result: Correlations) -> dict[str, Cell]:
    cost: dict[str, Cell] = {}
    if result.with_cost:
        cost = {"seconds": number(line.seconds), "pareto": on_front(line, result)}
    return cost | {
        "proxy": line.scores.proxy.name,
        "failed": line.failed,
        "ties": number(line.ties),
        "conditions": "+".join(c.id for c in line.scores.conditions),
        "degenerate": line.degenerate,
    }


def _ceiling_records(result: Correlations) -> list[dict[str, Cell]]:
    if result.ceiling is None:
        return []
    about: dict[str, Cell] = {"proxy": CEILING, "n": result.networks, "failed": 0, "conditions": "", "degenerate": 0}
    return [
        _where(result) | about | {"statistic": statistic.name, "value": number(value)}
        for statistic, value in zip(result.statistics, result.ceiling.values, strict=True)
    ]


def _numbers(found: Estimate, *, intervals: bool) -> dict[str, Cell]:
    spread = (found.low, found.high, found.stderr) if intervals else (math.nan,) * 3
    return dict(zip(("value", "low", "high", "stderr"), map(number, (found.value, *spread)), strict=True))


def number(value: float) -> float | None:
    """Return a value as records have it: none for NaN."""
    return None if math.isnan(value) else value
