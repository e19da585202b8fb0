"""Rank correlations and top-k statistics of measured proxies against one truth, as records and as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.errors import NothingToReportError, UsageError, unknown_name
from zsbench.registry import Proxy
from zsbench.spaces.base import Space, Truth
from zsbench.stats import Estimate, Population, Regime, Statistic, evaluate, tie_share
from zsbench.stats.estimate import Floats, Ints
from zsbench.tables.against import Differences, differences
from zsbench.tables.captions import captions, heading, title, with_intervals
from zsbench.tables.ceiling import Ceiling, ceiling_of
from zsbench.tables.measured import Measured, ProxyScores, aggregated
from zsbench.tables.table import Cell, Column, Table


@dataclass(frozen=True)
class Question:
    """What is asked of every set."""

    statistics: tuple[Statistic, ...]
    proxies: tuple[Proxy, ...]
    sort: str = ""
    """The statistic that orders proxies (default: the first), or `proxy`."""
    against: Proxy | None = None
    """The proxy that all others are compared with."""
    draws: int = 0
    """How often networks are drawn anew for intervals of top-k statistics; 0: no such intervals."""
    ceiling: bool = False
    """Whether to say what a perfect proxy would reach."""

    def __post_init__(self) -> None:
        """Refuse to sort by what is not shown, and to compare what has no error."""
        names = ["proxy", *(statistic.name for statistic in self.statistics)]
        if self.sort and self.sort not in names:
            raise unknown_name("sort key", self.sort, names)
        if self.against and not any(statistic.leaving_out for statistic in self.statistics):
            raise UsageError(
                f"proxies are not compared by {', '.join(names[1:])}", "ask for --stat kendall, spearman or pearson"
            )


@dataclass(frozen=True, eq=False)
class Line:
    """One proxy in one regime."""

    scores: ProxyScores
    """Of the networks of the regime."""
    estimates: tuple[Estimate, ...]
    """One a statistic."""
    ties: float
    """Share of pairs of networks with equal scores; NaN for fewer than two."""
    differences: Differences = ()
    """From the proxy that all are compared with, one a statistic; empty for that proxy itself, or without one."""

    @property
    def n(self) -> int:
        """Networks with a number."""
        return int(self.scores.usable.sum())

    @property
    def failed(self) -> int:
        """Networks on which the proxy was tried and gave no number."""
        return int((self.scores.scored & ~self.scores.usable).sum())

    @property
    def degenerate(self) -> int:
        """Networks whose number comes from evidence without information; they are part of `n`."""
        return int((self.scores.degenerate & self.scores.usable).sum())


@dataclass(frozen=True, eq=False)
class Correlations:
    """All proxies of one set in one regime, best first."""

    space: str
    dataset: str
    truth: Truth
    regime: Regime
    networks: int
    statistics: tuple[Statistic, ...]
    lines: tuple[Line, ...]
    undefined: tuple[str, ...] = ()
    """Proxies asked for that are defined on none of the networks scored."""
    against: str = ""
    """The proxy that all others are compared with."""
    draws: int = 0
    """How often networks were drawn anew for intervals of top-k statistics."""
    ceiling: Ceiling | None = None
    """What a perfect proxy would reach; None if it was not asked for, or the noise of the truth is not known."""
    without_truth: int = 0
    """Networks scored whose accuracy is not known: they are in no regime."""


def correlations(measured: Measured, space: Space, truth: Truth, regime: Regime, question: Question) -> Correlations:
    """Set the proxies asked for against `truth` in one regime; raise `NothingToReportError` if it is empty."""
    places = np.flatnonzero(measured.tried)
    index = ranked_networks(measured.index[places], measured.dataset, space, truth, regime)
    kept, values = np.searchsorted(measured.index, index), truth.values[index]
    columns = [column.restricted(kept) for column in measured.scores]
    costs = {name: cost[index] for name, cost in space.costs(measured.dataset).items()}
    lines = _lines(columns, values, costs, question)
    undefined = tuple(proxy.name for proxy in question.proxies if proxy.name in measured.undefined)
    return Correlations(
        measured.space,
        measured.dataset,
        truth,
        regime,
        len(kept),
        question.statistics,
        tuple(_sorted([line for line in lines if line.scores.scored.any()], question)),
        undefined,
        question.against.name if question.against else "",
        question.draws,
        ceiling_of(truth, space, index, question.statistics, costs) if question.ceiling else None,
        int(np.isnan(truth.values[measured.index[places]]).sum()),
    )


def ranked_networks(index: Ints, dataset: str, space: Space, truth: Truth, regime: Regime) -> Ints:
    """Return those of the networks `index` (ascending) that have a truth and are in the regime.

    Raises `NothingToReportError` if there are none.
    """
    known = index[np.isfinite(truth.values[index])]
    if not len(known):
        msg = f"none of the {len(index)} networks scored has a known {truth.target} accuracy"
        raise NothingToReportError(msg, f"{space.name} {dataset}: zsbench list targets")
    population = Population(
        truth.values[known],
        space.valid()[known],
        space.representatives()[known],
        costs={name: cost[known] for name, cost in space.costs(dataset).items()},
        operations={name: counts[known] for name, counts in space.operations().items()},
    )
    return known[regime.select(population)]


def chosen(columns: Sequence[ProxyScores], proxies: Sequence[Proxy]) -> list[ProxyScores]:
    """Return the columns of the proxies asked for, aggregates made over the networks that these columns hold."""
    by_name = {column.proxy.name: column for column in columns}
    made = (aggregated(proxy, columns) if proxy.is_aggregate else by_name.get(proxy.name) for proxy in proxies)
    return [column for column in made if column is not None]


def _lines(
    columns: Sequence[ProxyScores], truth: Floats, costs: Mapping[str, Floats], question: Question
) -> list[Line]:
    asked = chosen(columns, question.proxies)
    compared: Mapping[str, Differences] = {}
    if question.against:
        reference = chosen(columns, [question.against])
        if not reference:
            name = question.against.name
            raise NothingToReportError(f"{name}, to compare with, has no scores here", f"zsbench score --proxy {name}")
        compared = differences(asked, reference[0], truth, question.statistics)
    return [_line(column, truth, costs, question, compared.get(column.proxy.name, ())) for column in asked]


def _line(
    column: ProxyScores, truth: Floats, costs: Mapping[str, Floats], question: Question, compared: Differences
) -> Line:
    kept = column.usable
    scores = column.value[kept]
    given = {name: cost[kept] for name, cost in costs.items()}
    estimates = evaluate(question.statistics, scores, truth[kept], question.draws, given)
    return Line(column, tuple(estimates), tie_share(scores), compared)


def _sorted(lines: Sequence[Line], question: Question) -> list[Line]:
    by_name = sorted(lines, key=lambda line: line.scores.proxy.name)
    if question.sort == "proxy":
        return by_name
    names = [statistic.name for statistic in question.statistics]
    column = names.index(question.sort) if question.sort else 0
    sign = 1 if question.statistics[column].lower_is_better else -1

    def place(line: Line) -> float:
        value = line.estimates[column].value
        return math.inf if math.isnan(value) else sign * value

    return sorted(by_name, key=place)


def people_table(result: Correlations, *, intervals: bool = True, at_top: bool = False) -> Table:
    """Return one row a proxy, best first, with captions that say what everything is over.

    `at_top`: with the intervals of top-k statistics, which records always have, as well.
    """
    shown = with_intervals(result, at_top=at_top) if intervals else []
    columns = [Column("#"), Column("proxy"), Column("family", priority=6)]
    for i, statistic in enumerate(result.statistics):
        columns.append(Column(heading(statistic), digits=statistic.digits, priority=4 if statistic.bootstrapped else 0))
        if statistic in shown:
            columns.append(Column(f"[95 % {heading(statistic)}]", priority=5 if i else 1))
        if result.against and statistic.leaving_out:
            columns.append(Column(f"{heading(statistic)} - {result.against}", digits=statistic.digits))
            columns.append(Column(f"p ({heading(statistic)})", priority=1))
    columns += [Column("n"), Column("failed", priority=1), Column("ties %", digits=1, priority=5)]
    rows = tuple(_people_row(place, line, result, shown) for place, line in enumerate(result.lines, start=1))
    return Table(title(result), tuple(columns), rows, tuple(captions(result, shown)))


def _people_row(place: int, line: Line, result: Correlations, shown: Sequence[Statistic]) -> tuple[Cell, ...]:
    ranked = not math.isnan(line.estimates[0].value)
    cells: list[Cell] = [place if ranked else None, line.scores.proxy.name, line.scores.proxy.family]
    compared = line.differences or (None,) * len(result.statistics)
    for statistic, found, other in zip(result.statistics, line.estimates, compared, strict=True):
        cells.append(found.value)
        if statistic in shown:
            digits = statistic.digits
            cells.append(None if math.isnan(found.low) else f"[{found.low:.{digits}f},{found.high:.{digits}f}]")
        if result.against and statistic.leaving_out:
            cells += [other.estimate.value, _p(other.p_holm)] if other else [None, None]
    return (*cells, line.n, line.failed, 100 * line.ties)


def _p(value: float) -> str | None:
    if math.isnan(value):
        return None
    return "<0.001" if value < 0.001 else f"{value:.3f}"
