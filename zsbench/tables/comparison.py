"""Published beside measured (kind `correlations`): each cell with its sources, our interval, difference and verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zsbench.errors import NothingToReportError
from zsbench.stats import Estimate, null_stderr, parse_regimes
from zsbench.stats.estimate import Z95
from zsbench.tables.comparison_notes import notes
from zsbench.tables.comparison_rows import Row, table_of
from zsbench.tables.comparison_views import people_views
from zsbench.tables.correlations import Correlations, Line, Question, correlations
from zsbench.tables.measured import Measured
from zsbench.tables.mixed import joined
from zsbench.tables.plan import CORRELATED, Asked, Plan, Population, Scope, asked
from zsbench.tables.published import Printed, Spread, read_published, spread
from zsbench.tables.reading import Reading, read_reading
from zsbench.tables.sources import Gap, Sources
from zsbench.tables.table import Table
from zsbench.tables.verdict import INSIDE, NOTHING_PUBLISHED, missing, not_comparable, outside, within

__all__ = ["TOLERANCE", "make", "people_views", "verdict"]

TOLERANCE = 0.03
"""A reproduction on another draw of weights and inputs agrees within this much of tau, rho or a share."""
DRAWS = 200
"""How often networks are drawn anew for intervals of top-k statistics, which few cells have."""


def make(layout: Mapping[str, Any], name: str, sources: Sources) -> Table:
    """Return one row a (space, dataset, target, population, statistic, proxy) that is published, measured, or both."""
    plan = Plan.of(layout, name)
    maker = _Maker(plan, read_reading(), sources)
    rows = list(maker.rows())
    return table_of(plan, rows, notes(plan, maker.reading, rows, maker.found, maker.others()))


@dataclass(frozen=True)
class _Block:
    """One dataset, target and population of a table."""

    scope: Scope
    dataset: str
    population: Population
    printed: tuple[Printed, ...]

    def statistics(self, plan: Plan) -> list[Asked]:
        """Return our statistics, each once: those of every proxy, then those that are published only."""
        common = [] if self.population.sample else [name for name in CORRELATED if name in plan.statistics]
        names = dict.fromkeys([*common, *(row.statistic for row in self.printed)])
        return [found for name in names if (found := asked(name, self.population.sample))]

    def values(self, proxy: str, statistic: Asked) -> Spread | None:
        """Return what is published of one cell."""
        sample = self.population.sample
        here = (row for row in self.printed if row.proxy == proxy)
        return spread(row for row in here if (ours := asked(row.statistic, sample)) and ours.name == statistic.name)


class _Maker:
    """Makes the rows of one table, and keeps what its captions need."""

    def __init__(self, plan: Plan, reading: Reading, sources: Sources) -> None:
        self.plan = plan
        self.reading = reading
        self.sources = sources
        self.printed = plan.about(reading.as_ours(row) for row in read_published(plan.published))
        self.scored = {where: _one(tables) for where, tables in sources.scores(plan.where, plan.protocol).items()}
        self.found: list[Correlations] = []

    def others(self) -> list[str]:
        """Return the published proxies that have no row."""
        return [] if self.plan.proxies else sorted({row.proxy for row in self.printed} - set(self.sources.proxies))

    def rows(self) -> Iterator[Row]:
        """Yield all rows: block by block, then what cannot be compared."""
        taken: set[Printed] = set()
        for block in self._blocks():
            taken.update(block.printed)
            yield from self._block_rows(block)
        for row in self.printed:
            if row not in taken and (self.plan.proxies or row.proxy in self.sources.proxies):
                yield self._alone(row)

    def _blocks(self) -> Iterator[_Block]:
        for scope in self.plan.scopes:
            for dataset in scope.datasets:
                here = [row for row in self.printed if row.dataset == dataset and self._fits(row)]
                for population in scope.populations:
                    printed = tuple(row for row in here if scope.claims(row) is population)
                    yield _Block(scope, dataset, population, printed)

    def _fits(self, row: Printed) -> bool:
        return not self.reading.not_comparable(row)

    def _alone(self, row: Printed) -> Row:
        """Return the row of a published value that nothing of ours stands beside, with the reason."""
        return Row(
            space=row.space,
            dataset=row.dataset,
            target=row.target or "not stated",
            population=row.population or "not stated",
            statistic=row.statistic,
            proxy=row.proxy,
            published=f"{row.text} {row.source}",
            verdict=not_comparable(self.reading.not_comparable(row) or self._mismatch(row)),
        )

    def _mismatch(self, row: Printed) -> str:
        targets = {s.target for s in self.plan.scopes if s.space == row.space and row.dataset in s.datasets}
        if row.target not in targets:
            return f"{row.target} accuracy, another target" if row.target else "which accuracy is not stated"
        return f"over {row.population}, another population" if row.population else "over which networks is not stated"

    def _block_rows(self, block: _Block) -> Iterator[Row]:
        statistics = block.statistics(self.plan)
        found = self._correlations(block, block.population.regime, statistics)
        whole = self._correlations(block, block.population.whole, statistics) if block.population.whole else None
        if isinstance(found, Correlations):
            self.found.append(found)
        for number, statistic in enumerate(statistics):
            for proxy in self._proxies(block, statistic, found):
                for row in self._cell(block, proxy, statistic, found, number):
                    yield _against(row, whole, number) if isinstance(whole, Correlations) else row

    def _correlations(self, block: _Block, regime: str, statistics: Sequence[Asked]) -> Correlations | Gap:
        scope = block.scope
        space = self.sources.space(scope.space)
        if isinstance(space, Gap):
            return space
        truth = self.sources.truth(scope.space, block.dataset, scope.target)
        if isinstance(truth, Gap):
            return truth
        scored = self.scored[scope.space, block.dataset]
        if scored is None:
            return self._not_scored(block)
        known = self.plan.proxies or tuple(self.sources.proxies)
        proxies = tuple(self.sources.proxies[name] for name in known if name in self.sources.proxies)
        asked_for = tuple(one.statistic for one in statistics)
        draws = DRAWS if any(one.bootstrapped for one in asked_for) else 0
        try:
            (parsed,) = parse_regimes(regime)
            return correlations(scored, space, truth, parsed, Question(asked_for, proxies, "proxy", draws=draws))
        except NothingToReportError as error:
            return Gap(error.message)

    def _not_scored(self, block: _Block, *proxies: str) -> Gap:
        command = self.sources.score_command(block.scope.space, block.dataset, self.plan.protocol, proxies)
        return Gap("not scored", command)

    def _proxies(self, block: _Block, statistic: Asked, found: Correlations | Gap) -> list[str]:
        """Return the proxies that have rows: published ones, and those measured where all of them belong."""
        printed = {row.proxy for row in block.printed if block.values(row.proxy, statistic)}
        measured = (
            {line.scores.measures for line in found.lines if line.n} if isinstance(found, Correlations) else set()
        )
        shown = printed | (measured if statistic.name in CORRELATED and not block.population.sample else set())
        if self.plan.proxies:
            return [name for name in self.plan.proxies if name in shown]
        return sorted(shown & set(self.sources.proxies))

    def _cell(
        self, block: _Block, proxy: str, statistic: Asked, found: Correlations | Gap, number: int
    ) -> Iterator[Row]:
        values = block.values(proxy, statistic)
        empty = Row(
            space=block.scope.space,
            dataset=block.dataset,
            target=block.scope.target,
            population=block.population.regime,
            sample=block.population.sample,
            statistic=statistic.name,
            proxy=proxy,
            published=values.text if values else None,
            published_over=", ".join(dict.fromkeys(row.population for row in values.values)) if values else "",
        )
        if proxy not in self.sources.proxies:
            yield _missing(empty, Gap(f"{proxy} is no proxy of this version"))
        elif isinstance(found, Gap):
            yield _missing(empty, found)
        elif lines := [line for line in found.lines if line.scores.measures == proxy]:
            for line in lines:
                yield _measured(empty, line, number, statistic, block.population, values)
        elif proxy in found.undefined:
            yield replace(empty, verdict=not_comparable("not defined on these networks"))
        else:
            yield _missing(empty, self._not_scored(block, proxy))


def _one(tables: Sequence[Measured]) -> Measured | None:
    """Return the only table of a dataset, or all in one, labelled; None if there is none."""
    return joined(tables)[0] if tables else None


def _missing(row: Row, gap: Gap) -> Row:
    return replace(row, brings=gap.brings, verdict=missing(gap.why))


def _measured(
    row: Row, line: Line, number: int, statistic: Asked, population: Population, values: Spread | None
) -> Row:
    found = line.estimates[number]
    ours = _unsigned(found) if statistic.absolute else found
    conditions = "+".join(one.id for one in line.scores.conditions)
    row = replace(row, proxy=line.scores.proxy.name, n=line.n, failed=line.failed, conditions=conditions)
    if math.isnan(ours.value):
        return replace(row, verdict=not_comparable(ours.reason or "undefined on these networks"))
    row = replace(row, measured=ours.value, low=ours.low, high=ours.high)
    if values is None:
        return replace(row, verdict=NOTHING_PUBLISHED)
    row = replace(row, difference=values.distance(ours.value))
    if statistic.counts and population.size and line.n + line.failed < population.size:
        return replace(
            row, verdict=not_comparable(f"{statistic.name} hangs on a count, theirs is of {population.size:,}")
        )
    return replace(row, verdict=verdict(values, ours, line.n, population.sample))


def _unsigned(found: Estimate) -> Estimate:
    """Return the estimate of the absolute value; an interval with 0 inside begins there."""
    ends = abs(found.low), abs(found.high)
    low = 0.0 if found.low <= 0 <= found.high else min(ends)
    return replace(found, value=abs(found.value), low=low, high=max(ends))


def verdict(published: Spread, ours: Estimate, n: int, sample: int | None = None) -> str:
    """Say how our value over `n` networks stands to the published ones; those may be over `sample` random networks."""
    distance = published.distance(ours.value)
    if distance == 0:
        return INSIDE
    if abs(distance) <= TOLERANCE:
        return within(str(TOLERANCE))
    if ours.low <= published.high and ours.high >= published.low:
        return within("our interval")
    if sample and abs(distance) <= Z95 * ours.stderr * math.sqrt(n / sample):
        return within(f"the error of {sample:,} networks")
    return outside(distance)


def _against(row: Row, whole: Correlations, number: int) -> Row:
    """Return a measured row with the value over the wider regime."""
    if row.measured is None or row.n is None:
        return row
    line = next((line for line in whole.lines if line.scores.proxy.name == row.proxy), None)
    before = line.estimates[number].value if line else math.nan
    noise = null_stderr(row.n) if row.statistic == "kendall" and row.n > 1 else None
    return replace(row, whole=before, change=row.measured - before, null_stderr=noise)
