"""Correlations as people read them: one row a proxy, best first, with what the table is over below."""

from __future__ import annotations

import math
from collections.abc import Sequence

from zsbench.stats import Statistic
from zsbench.tables.captions import captions, heading, interval, shown_p, title, with_intervals
from zsbench.tables.correlations import Correlations, Line
from zsbench.tables.cost import on_front
from zsbench.tables.table import Best, Cell, Column, Table


def people_table(result: Correlations, *, intervals: bool = True, at_top: bool = False) -> Table:
    """Return one row a proxy, best first, with captions that say what everything is over.

    `at_top`: with the intervals of top-k statistics, which records always have, as well.
    """
    shown = with_intervals(result, at_top=at_top) if intervals else []
    columns = [Column("#"), Column("proxy"), Column("family", priority=6)]
    for i, statistic in enumerate(result.statistics):
        priority = 4 if statistic.bootstrapped else 0
        best: Best = "low" if statistic.lower_is_better else "high"
        columns.append(Column(heading(statistic), statistic.digits, priority=priority, best=best))
        if statistic in shown:
            columns.append(Column(f"[95 % {heading(statistic)}]", priority=5 if i else 1))
        if result.against and statistic.leaving_out:
            columns.append(Column(f"{heading(statistic)} - {result.against}", digits=statistic.digits))
            columns.append(Column(f"p ({heading(statistic)})", priority=1))
    columns += [Column("n"), Column("failed", priority=1), Column("ties %", digits=1, priority=5)]
    if result.with_cost:
        columns += [Column("ms/network", digits=1), Column("Pareto")]
    rows = tuple(_people_row(place, line, result, shown) for place, line in enumerate(result.lines, start=1))
    return Table(title(result), tuple(columns), rows, tuple(captions(result, shown)))


def _people_row(place: int, line: Line, result: Correlations, shown: Sequence[Statistic]) -> tuple[Cell, ...]:
    ranked = not math.isnan(line.estimates[0].value)
    cells: list[Cell] = [place if ranked else None, line.scores.proxy.name, line.scores.proxy.family]
    compared = line.differences or (None,) * len(result.statistics)
    for statistic, found, other in zip(result.statistics, line.estimates, compared, strict=True):
        cells.append(found.value)
        if statistic in shown:
            cells.append(interval(found, statistic.digits))
        if result.against and statistic.leaving_out:
            cells += [other.estimate.value, shown_p(other.p_holm)] if other else [None, None]
    cells += [line.n, line.failed, 100 * line.ties]
    if result.with_cost:
        cells += [1000 * line.seconds, "yes" if on_front(line, result) else ""]
    return tuple(cells)
