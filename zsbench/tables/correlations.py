"""Rank correlations and top-k statistics of measured proxies against one truth, as records and as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from zsbench.errors import NothingToReportError, UsageError, unknown_name
from zsbench.registry import Proxy
from zsbench.spaces.base import Space, Truth
from zsbench.stats import (
    Estimate,
    Population,
    Regime,
    Statistic,
    evaluate,
    null_stderr,
    null_stderr_shared,
    tie_share,
)
from zsbench.stats.estimate import Floats, Ints
from zsbench.tables.against import Differences, differences
from zsbench.tables.ceiling import Ceiling, ceiling_of
from zsbench.tables.measured import Measured, ProxyScores, chosen
from zsbench.tables.shared import without_equals


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
    with_cost: bool = False
    """Whether to say what proxies cost."""

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

    @cached_property
    def seconds(self) -> float:
        """Median over the networks with a number, as stored; NaN if there is none."""
        known = self.scores.seconds[self.scores.usable & np.isfinite(self.scores.seconds)]
        return float(np.median(known)) if len(known) else math.nan

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
    index: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """(networks,) their indices in the space: what the lines' scores belong to."""
    label: str = ""
    """What tells the conditions from those of other tables of this space and dataset."""
    incomplete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Aggregates asked for that could not be made -> their parts without scores here."""
    with_cost: bool = False
    """Whether to say what proxies cost."""
    null_stderr: float = math.nan
    """Standard error of tau-b of unrelated scores; where networks share them, of the proxy for which it is largest."""
    without_equals: bool = False
    """Whether no two of the networks scored are equal, as in no random sample of the space."""

    @property
    def shared(self) -> bool:
        """Whether networks have the scores of equal ones."""
        return any(line.scores.source is not None for line in self.lines)


def correlations(measured: Measured, space: Space, truth: Truth, regime: Regime, question: Question) -> Correlations:
    """Set the proxies asked for against `truth` in one regime; raise `NothingToReportError` if it is empty."""
    places = np.flatnonzero(measured.tried)
    index = ranked_networks(measured.index[places], measured.dataset, space, truth, regime)
    kept, values = np.searchsorted(measured.index, index), truth.values[index]
    columns = [column.restricted(kept) for column in measured.scores]
    costs = {name: cost[index] for name, cost in space.all_costs(measured.dataset).items()}
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
        index,
        measured.label,
        _incomplete(columns, question.proxies),
        question.with_cost,
        _null_stderr(lines, values),
        without_equals(measured.index[places], space),
    )


def _null_stderr(lines: Sequence[Line], truth: Floats) -> float:
    sources = [(line.scores.usable, line.scores.source) for line in lines if line.n > 1]
    shared = [null_stderr_shared(truth[kept], source[kept]) for kept, source in sources if source is not None]
    return max([null_stderr(len(truth)), *shared])


def _incomplete(columns: Sequence[ProxyScores], proxies: Sequence[Proxy]) -> dict[str, tuple[str, ...]]:
    """Return the aggregates that lack some part, but not every one."""
    there = {column.measures for column in columns}
    lacking = {proxy.name: tuple(part for part in proxy.of if part not in there) for proxy in proxies}
    return {proxy.name: lacking[proxy.name] for proxy in proxies if 0 < len(lacking[proxy.name]) < len(proxy.of)}


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
        costs={name: cost[known] for name, cost in space.all_costs(dataset).items()},
        operations={name: counts[known] for name, counts in space.operations().items()},
        groups={name: [groups[i] for i in known] for name, groups in space.groups().items()},
        known_groups={name: frozenset(groups) for name, groups in space.groups().items()},
    )
    return known[regime.select(population)]


def _lines(
    columns: Sequence[ProxyScores], truth: Floats, costs: Mapping[str, Floats], question: Question
) -> list[Line]:
    asked = chosen(columns, question.proxies)
    compared: Mapping[str, Differences] = {}
    if question.against:
        compared = differences(asked, _reference(columns, question.against), truth, question.statistics)
    # Those over the same networks after one another, as they share what is drawn of the truth.
    together = sorted(range(len(asked)), key=lambda place: asked[place].usable.tobytes())
    lines = {
        place: _line(asked[place], truth, costs, question, compared.get(asked[place].proxy.name, ()))
        for place in together
    }
    return [lines[place] for place in range(len(asked))]


def _reference(columns: Sequence[ProxyScores], proxy: Proxy) -> ProxyScores:
    found = chosen(columns, [proxy])
    if not found:
        needed = " ".join(f"--proxy {name}" for name in proxy.of or (proxy.name,))
        raise NothingToReportError(f"{proxy.name}, to compare with, has no scores here", f"zsbench score {needed}")
    if len(found) > 1:
        names = ", ".join(column.proxy.name for column in found)
        raise UsageError(
            f"{proxy.name}, to compare with, is there under several conditions: {names}", "leave out --mixed"
        )
    return found[0]


def _line(
    column: ProxyScores, truth: Floats, costs: Mapping[str, Floats], question: Question, compared: Differences
) -> Line:
    kept = column.usable
    scores = column.value[kept]
    given = {name: cost[kept] for name, cost in costs.items()}
    source = None if column.source is None else column.source[kept]
    estimates = evaluate(question.statistics, scores, truth[kept], question.draws, given, source)
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
