"""What proxies measure besides quality: their correlation with size, depth and the counts of operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.errors import UsageError
from zsbench.spaces.base import Space
from zsbench.stats import Estimate, Statistic
from zsbench.stats.estimate import Floats, Ints, undefined
from zsbench.stats.statistic import Compared
from zsbench.tables.captions import heading, population, title
from zsbench.tables.correlations import Correlations, Line
from zsbench.tables.records import number
from zsbench.tables.table import Cell, Column, Table

TRUTH = "accuracy"
"""What stands for the truth itself: what a proxy correlates with should be as much as this does with accuracy."""
_RECORD_COLUMNS = tuple(
    Column(name)
    for name in (
        *("space", "dataset", "regime", "proxy", "property", "statistic"),
        *("value", "low", "high", "stderr", "n", "conditions"),
    )
)


@dataclass(frozen=True, eq=False)
class Bias:
    """Correlations of every proxy, and of the truth, with the properties of the networks of one regime."""

    result: Correlations
    statistic: Statistic
    properties: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Estimate, ...], int, str], ...]
    """(proxy or `accuracy`, one estimate a property, n, conditions)."""


def bias_of(result: Correlations, space: Space) -> Bias:
    """Return how proxies go with what `space` states of its networks.

    Costs come first, then how often each operation occurs, then what was measured on devices (`latency:DEVICE`). By the
    first statistic asked for that is a correlation; raises `UsageError` if none is. A property that is the same for all
    networks gives a reason instead of a number.
    """
    statistic = next((one for one in result.statistics if one.leaving_out), None)
    if statistic is None:
        names = ", ".join(one.name for one in result.statistics)
        raise UsageError(f"{names}: no correlation, which --bias needs", "--stat kendall, spearman or pearson")
    costs = {name: values for name, values in space.all_costs(result.dataset).items() if "@" not in name}
    counted = {name: values for name, values in costs.items() if ":" not in name}
    stated = {**counted, **space.operations(), **costs}
    given = {name: np.asarray(values[result.index], np.float64) for name, values in stated.items()}
    truth = result.truth.values[result.index]
    own = tuple(_correlation(statistic, truth, values) for values in given.values())
    rows = [(TRUTH, own, len(truth), "")]
    rows += [_row(line, statistic, list(given.values())) for line in result.lines]
    return Bias(result, statistic, tuple(given), tuple(rows))


def _row(line: Line, statistic: Statistic, given: Sequence[Floats]) -> tuple[str, tuple[Estimate, ...], int, str]:
    kept = line.scores.usable
    source = line.scores.source if line.scores.source is None else line.scores.source[kept]
    found = tuple(_correlation(statistic, line.scores.value[kept], values[kept], source) for values in given)
    return line.scores.proxy.name, found, line.n, "+".join(one.id for one in line.scores.conditions)


def _correlation(statistic: Statistic, scores: Floats, values: Floats, source: Ints | None = None) -> Estimate:
    known = np.isfinite(values)
    if nothing := undefined(scores[known], values[known]):
        return nothing
    shared = None if source is None else source[known]
    return statistic.compute(Compared(scores[known], values[known], source=shared))


def bias_table(bias: Bias) -> Table:
    """Return a row a proxy and a column a property, as people read it; the truth comes first."""
    columns = [Column("proxy")]
    columns += [Column(name, digits=2, priority=place) for place, name in enumerate(bias.properties)]
    rows: list[tuple[Cell, ...]] = [(name, *(one.value for one in found), n) for name, found, n, _ in bias.rows]
    said = (
        f"{heading(bias.statistic)} of each proxy, and of accuracy, with what the space states of its networks. What "
        "goes with size more than accuracy does prefers larger networks than are worth it."
    )
    return Table(f"{title(bias.result)}, bias", (*columns, Column("n")), tuple(rows), (said, *population(bias.result)))


def bias_records(found: Sequence[Bias]) -> Table:
    """Return the long form for programs, one row a (set, regime, proxy, property)."""
    rows: list[tuple[Cell, ...]] = []
    for bias in found:
        where = (bias.result.space, bias.result.dataset, bias.result.regime.name)
        for name, estimates, n, conditions in bias.rows:
            for named, one in zip(bias.properties, estimates, strict=True):
                numbers = (number(value) for value in (one.value, one.low, one.high, one.stderr))
                rows.append((*where, name, named, bias.statistic.name, *numbers, n, conditions))
    return Table("", _RECORD_COLUMNS, tuple(rows))
