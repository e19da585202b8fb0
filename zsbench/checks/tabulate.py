"""A report as a table, and what people see of it first."""

from __future__ import annotations

import math

from zsbench.checks.report import Layer, Report, Row, Verdict
from zsbench.tables import Column, Table
from zsbench.tables.table import Cell

COLUMNS = (
    Column("proxy"),
    Column("layer"),
    Column("verdict"),
    Column("before", digits=4, priority=1),
    Column("now", digits=4),
    Column("difference", digits=4, priority=2),
    Column("p", human=False),
    Column("p_holm", digits=4, priority=3),
    Column("n", priority=4),
    Column("why"),
)


def report_table(report: Report, *, everything: bool = True) -> Table:
    """Return a row a proxy and layer; only those of proxies with anything but `same` unless `everything`."""
    telling = [name for name in report.proxies if any(row.verdict is not Verdict.SAME for row in report.of(name))]
    shown = report.proxies if everything else telling
    rows = tuple(_cells(row) for name in shown for row in report.of(name))
    return Table(headline(report), COLUMNS, rows, tuple(_captions(report, [] if everything else shown)))


def headline(report: Report) -> str:
    """Say in one line what came of it."""
    moved = report.moved()
    if not moved:
        return f"No ranking moved: {len(report.proxies)} proxies agree with the baseline"
    layers = [
        f"{layer} of {_names([row.proxy for row in report.rows if row.layer is layer and _moved(row)])}"
        for layer in Layer
        if any(row.layer is layer and _moved(row) for row in report.rows)
    ]
    return f"{len(moved)} of {len(report.proxies)} proxies moved: {'; '.join(layers)}"


def _moved(row: Row) -> bool:
    return row.verdict is Verdict.MOVED


def _names(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _captions(report: Report, shown: list[str] | tuple[str, ...]) -> list[str]:
    lines = [f"Likely: {text}." for text in report.causes]
    lines += [f"{remark.proxy}: {remark.text}." for remark in report.remarks]
    quiet = [name for name in report.proxies if name not in shown]
    if shown and quiet:
        lines.append(f"The same in every layer: {', '.join(quiet)}.")
    return [*lines, *report.about]


def _cells(row: Row) -> tuple[Cell, ...]:
    numbers = (row.before, row.now, row.difference, row.p, row.p_holm)
    values = (None if math.isnan(value) else value for value in numbers)
    return row.proxy, str(row.layer), str(row.verdict), *values, row.n, row.why
