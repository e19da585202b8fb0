"""A report as a table, and what people see of it first."""

from __future__ import annotations

import math

from zsbench.checks.report import Layer, Report, Row, Verdict, proxies_with
from zsbench.tables import Column, Table
from zsbench.tables.table import Cell

COLUMNS = (
    Column("proxy"),
    Column("layer"),
    Column("verdict"),
    Column("before", digits=4, priority=1, tiny=True),
    Column("now", digits=4, tiny=True),
    Column("difference", digits=4, priority=2, tiny=True),
    Column("p", human=False),
    Column("p_holm", digits=4, priority=3),
    Column("n", priority=4),
    Column("why"),
)


def report_table(
    report: Report, *, everything: bool = True, strict: bool = False, gate: Layer = Layer.NUMBERS
) -> Table:
    """Return a row a proxy and layer; only those of proxies that moved somehow unless `everything`."""
    calm = {Verdict.SAME, Verdict.UNTESTED}
    telling = [name for name in report.proxies if any(row.verdict not in calm for row in report.of(name))]
    shown = report.proxies if everything else telling
    rows = tuple(_cells(row) for name in shown for row in report.of(name))
    return Table(headline(report, strict=strict, gate=gate), COLUMNS, rows, tuple(_captions(report, list(shown))))


def headline(report: Report, *, strict: bool = False, gate: Layer = Layer.NUMBERS) -> str:
    """Say in one line what came of it, and why it fails where that isn't plain."""
    moved = report.moved()
    if not moved:
        return _of_calm(report, strict=strict)
    layers = [
        f"{layer} of {_names([row.proxy for row in report.rows if row.layer is layer and _moved(row)])}"
        for layer in Layer
        if any(row.layer is layer and _moved(row) for row in report.rows)
    ]
    text = f"{len(moved)} of {_counted(len(report.proxies))} moved: {'; '.join(layers)}"
    if report.moved(gate):
        return text
    return f"{text}; {report.reason_to_fail()}" if strict else f"{text} (--gate {gate} lets that pass)"


def _of_calm(report: Report, *, strict: bool) -> str:
    excused = report.excused()
    agree = [name for name in proxies_with(report.rows, Verdict.SAME) if name not in excused]
    verb = "agrees" if len(agree) == 1 else "agree"
    text = f"No ranking moved: {_counted(len(agree))} {verb} with the baseline"
    text += f", {len(excused)} moved for a known reason ({_names(list(excused))})" if excused else ""
    reason = report.reason_to_fail() if strict else ""
    return f"{text}; {reason}" if reason else text


def _counted(proxies: int) -> str:
    return f"{proxies} {'proxy' if proxies == 1 else 'proxies'}"


def _moved(row: Row) -> bool:
    return row.verdict is Verdict.MOVED


def _names(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _captions(report: Report, shown: list[str]) -> list[str]:
    lines = [f"Likely: {text}." for text in report.causes]
    lines += [f"{', '.join(names)}: {text}." for text, names in report.by_remark().items()]
    same = proxies_with(report.rows, Verdict.SAME)
    quiet = [name for name in report.proxies if name not in shown]
    if agree := [name for name in quiet if name in same]:
        lines.append(f"The same in every layer that could be tested: {', '.join(agree)}.")
    if without := [name for name in quiet if name not in same]:
        lines.append(f"No number then or now: {', '.join(without)}.")
    return [*lines, *report.compared.captions]


def _cells(row: Row) -> tuple[Cell, ...]:
    numbers = (row.before, row.now, row.difference, row.p, row.p_holm)
    values = (None if math.isnan(value) else value for value in numbers)
    return row.proxy, str(row.layer), str(row.verdict), *values, row.n, row.why
