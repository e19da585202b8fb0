"""Rank correlations and top-k statistics of measured proxies against one truth, as records and as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.errors import NothingToReportError, unknown_name
from zsbench.registry import Proxy
from zsbench.spaces.base import Space, Truth
from zsbench.stats import Estimate, Population, Regime, Statistic, evaluate, null_stderr, tie_share
from zsbench.stats.estimate import Floats
from zsbench.tables.measured import Measured, ProxyScores, aggregated
from zsbench.tables.table import Cell, Column, Table

_RECORD_COLUMNS = tuple(
    Column(name)
    for name in (
        *("space", "dataset", "target", "regime", "proxy", "statistic", "value", "low", "high", "stderr"),
        *("n", "failed", "ties", "conditions", "degenerate"),
    )
)


@dataclass(frozen=True)
class Question:
    """What is asked of every set."""

    statistics: tuple[Statistic, ...]
    proxies: tuple[Proxy, ...]
    sort: str = ""
    """The statistic that orders proxies (default: the first), or `proxy`."""

    def __post_init__(self) -> None:
        """Refuse to sort by what is not shown."""
        names = ["proxy", *(statistic.name for statistic in self.statistics)]
        if self.sort and self.sort not in names:
            raise unknown_name("sort key", self.sort, names)


@dataclass(frozen=True, eq=False)
class Line:
    """One proxy in one regime."""

    scores: ProxyScores
    """Of the networks of the regime."""
    estimates: tuple[Estimate, ...]
    """One a statistic."""
    ties: float
    """Share of pairs of networks with equal scores; NaN for fewer than two."""

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


def correlations(measured: Measured, space: Space, truth: Truth, regime: Regime, question: Question) -> Correlations:
    """Set the proxies asked for against `truth` in one regime; raise `NothingToReportError` if it is empty."""
    values = truth.values[measured.index]
    tried = np.logical_or.reduce([np.zeros(len(values), bool), *(column.scored for column in measured.scores)])
    ranked = np.flatnonzero(np.isfinite(values) & tried)
    if not len(ranked):
        msg = f"none of the {len(values)} networks scored has a known {truth.target} accuracy"
        raise NothingToReportError(msg, f"{measured.space} {measured.dataset}: zsbench list targets")
    index = measured.index[ranked]
    population = Population(
        values[ranked],
        space.valid()[index],
        space.representatives()[index],
        costs={name: cost[index] for name, cost in space.costs(measured.dataset).items()},
        operations={name: counts[index] for name, counts in space.operations().items()},
    )
    kept = ranked[regime.select(population)]
    columns = [column.restricted(kept) for column in measured.scores]
    lines = [_line(column, values[kept], question.statistics) for column in _chosen(columns, question.proxies)]
    lines = _sorted([line for line in lines if line.scores.scored.any()], question)
    undefined = tuple(proxy.name for proxy in question.proxies if proxy.name in measured.undefined)
    return Correlations(
        measured.space, measured.dataset, truth, regime, len(kept), question.statistics, tuple(lines), undefined
    )


def _chosen(columns: Sequence[ProxyScores], proxies: Sequence[Proxy]) -> list[ProxyScores]:
    by_name = {column.proxy.name: column for column in columns}
    made = (aggregated(proxy, columns) if proxy.is_aggregate else by_name.get(proxy.name) for proxy in proxies)
    return [column for column in made if column is not None]


def _line(column: ProxyScores, truth: Floats, statistics: Sequence[Statistic]) -> Line:
    scores = column.value[column.usable]
    return Line(column, tuple(evaluate(statistics, scores, truth[column.usable])), tie_share(scores))


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


def records_table(results: Sequence[Correlations], *, intervals: bool = True) -> Table:
    """Return the long form for programs, one row a (set, regime, proxy, statistic); names are a public interface."""
    rows = [row for result in results for row in _records(result, intervals=intervals)]
    captions = [text for result in results for text in (_title(result), *_captions(result, intervals=intervals))]
    return Table("", _RECORD_COLUMNS, tuple(rows), tuple(dict.fromkeys(captions)))


def _records(result: Correlations, *, intervals: bool) -> list[tuple[Cell, ...]]:
    where = (result.space, result.dataset, result.truth.target, result.regime.name)
    rows: list[tuple[Cell, ...]] = []
    for line in result.lines:
        conditions = "+".join(c.id for c in line.scores.conditions)
        for statistic, found in zip(result.statistics, line.estimates, strict=True):
            spread = (found.low, found.high, found.stderr) if intervals else (math.nan,) * 3
            numbers = [None if math.isnan(number) else number for number in (found.value, *spread)]
            about = (line.n, line.failed, None if math.isnan(line.ties) else line.ties, conditions, line.degenerate)
            rows.append((*where, line.scores.proxy.name, statistic.name, *numbers, *about))
    return rows


def people_table(result: Correlations, *, intervals: bool = True) -> Table:
    """Return one row a proxy, best first, with captions that say what everything is over."""
    columns = [Column("#"), Column("proxy"), Column("family", priority=6)]
    for i, statistic in enumerate(result.statistics):
        columns.append(Column(_heading(statistic), digits=statistic.digits))
        if intervals and statistic.has_interval:
            columns.append(Column(f"[95 % {_heading(statistic)}]", priority=5 if i else 1))
    columns += [Column("n", priority=3), Column("failed", priority=2), Column("ties %", digits=1, priority=4)]
    rows = tuple(
        _people_row(place, line, result, intervals=intervals) for place, line in enumerate(result.lines, start=1)
    )
    return Table(_title(result), tuple(columns), rows, tuple(_captions(result, intervals=intervals)))


def _heading(statistic: Statistic) -> str:
    short = {"kendall": "tau-b", "spearman": "rho"}
    return short.get(statistic.name, statistic.name.replace("bestrank@", "best rank@"))


def _people_row(place: int, line: Line, result: Correlations, *, intervals: bool) -> tuple[Cell, ...]:
    ranked = not math.isnan(line.estimates[0].value)
    cells: list[Cell] = [place if ranked else None, line.scores.proxy.name, line.scores.proxy.family]
    for statistic, found in zip(result.statistics, line.estimates, strict=True):
        cells.append(found.value)
        if intervals and statistic.has_interval:
            cells.append(None if math.isnan(found.low) else f"[{found.low:.3f},{found.high:.3f}]")
    return (*cells, line.n, line.failed, 100 * line.ties)


def _title(result: Correlations) -> str:
    return f"{result.space}, {result.dataset}, target {result.truth.target}, regime {result.regime.name}"


def _captions(result: Correlations, *, intervals: bool) -> list[str]:
    noise = null_stderr(result.networks)
    captions = [
        f"Target {result.truth.target}: {result.truth.source}.",
        f"{result.networks:,} networks; tau between unrelated rankings of as many has a standard error of {noise:.3f}.",
    ]
    if intervals and any(statistic.has_interval for statistic in result.statistics):
        captions.append("[95 %]: distribution-free (delete-one jackknife, Fisher-transformed).")
    captions.append(
        "Ties: tau-b and rho count them; top-k statistics are expectations over random order of tied networks; "
        "ties % is the share of pairs of networks with equal scores."
    )
    for text, names in _by_conditions(result).items():
        captions.append(f"Conditions{names}: {text}.")
    captions += _shortfalls(result)
    return captions


def _by_conditions(result: Correlations) -> dict[str, str]:
    """Return what was measured under each conditions; which proxies, where there are several."""
    under: dict[str, list[str]] = {}
    for line in result.lines:
        for conditions in line.scores.conditions:
            under.setdefault(conditions.describe(), []).append(line.scores.proxy.name)
    return {text: f" of {', '.join(sorted(names))}" if len(under) > 1 else "" for text, names in under.items()}


def _shortfalls(result: Correlations) -> list[str]:
    """Say which proxies lack numbers, and why a statistic is undefined."""
    captions = []
    if failed := _counted({line.scores.proxy.name: line.failed for line in result.lines}):
        captions.append(f"Failed (no number, left out): {failed}.")
    if dead := _counted({line.scores.proxy.name: line.degenerate for line in result.lines}):
        captions.append(f"Degenerate (evidence without information, number kept and ranked): {dead}.")
    if result.undefined:
        captions.append(f"Not defined on these networks: {', '.join(result.undefined)}.")
    return [*captions, *_undefined(result)]


def _counted(counts: Mapping[str, int]) -> str:
    """List names by their count, the largest first, without those that count 0."""
    names: dict[int, list[str]] = {}
    for name, count in sorted(counts.items()):
        if count:
            names.setdefault(count, []).append(name)
    return "; ".join(
        f"{count:,} of {'each of ' if len(names[count]) > 1 else ''}{', '.join(names[count])}"
        for count in sorted(names, reverse=True)
    )


def _undefined(result: Correlations) -> list[str]:
    """Say why statistics have no value; proxies that share reason and statistics share a sentence."""
    sentences: dict[tuple[str, str], list[str]] = {}
    for line in result.lines:
        lacking: dict[str, list[str]] = {}
        for statistic, found in zip(result.statistics, line.estimates, strict=True):
            if found.reason:
                lacking.setdefault(found.reason, []).append(_heading(statistic))
        for reason, names in lacking.items():
            what = "statistic" if len(names) == len(result.statistics) else ", ".join(names)
            sentences.setdefault((what, reason), []).append(line.scores.proxy.name)
    return [f"No {what} for {', '.join(names)}: {reason}." for (what, reason), names in sentences.items()]
