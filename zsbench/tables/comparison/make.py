"""Makes a table of correlations: published beside measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zsbench.tables.comparison.blocks import Block, alone, blocks_of
from zsbench.tables.comparison.cells import against, measured, unmeasured
from zsbench.tables.comparison.notes import notes
from zsbench.tables.comparison.ours import Ours
from zsbench.tables.comparison.plan import Asked, Plan
from zsbench.tables.comparison.reading import Reading, read_reading
from zsbench.tables.comparison.rows import Row, table_of
from zsbench.tables.correlations import Correlations
from zsbench.tables.published import Printed, read_published
from zsbench.tables.sources import Gap, Sources
from zsbench.tables.table import Table
from zsbench.tables.verdict import Outcome, not_comparable, outcome_of


def make(layout: Mapping[str, Any], name: str, sources: Sources) -> Table:
    """Return one row a (space, dataset, target, population, statistic, proxy) that is published, measured, or both."""
    plan, reading = Plan.of(layout, name), read_reading()
    raw = read_published(plan.published)
    printed = plan.about(reading.as_ours(row) for row in raw)
    maker = _Maker(plan, sources)
    rows: list[Row] = []
    taken: set[Printed] = set()
    for block in blocks_of(plan, printed, reading):
        rows += maker.rows(block)
        taken.update(block.printed)
    if plan.alone:
        shown = plan.proxies or sources.proxies
        rows += [alone(plan, row, reading) for row in printed if row not in taken and row.proxy in shown]
    said = [*_read_as(reading, raw, printed), *_others(plan, sources, printed), *_causes(reading, rows)]
    return table_of(plan, rows, notes(plan, sources, rows, maker.found, said))


class _Maker:
    """Makes the rows of blocks, and keeps what was measured for them."""

    def __init__(self, plan: Plan, sources: Sources) -> None:
        self.found: list[Correlations] = []
        self._plan = plan
        self._sources = sources
        self._ours = Ours(plan, sources)

    def rows(self, block: Block) -> Iterator[Row]:
        """Yield the rows of a block, statistic by statistic."""
        population, statistics = block.population, block.statistics(self._plan)
        if not statistics:
            return
        found = self._ours.correlations(block, population.regime, statistics)
        whole = self._ours.correlations(block, population.whole, statistics) if population.whole else None
        if isinstance(found, Correlations):
            self.found.append(found)
        for number, statistic in enumerate(statistics):
            for proxy in self._proxies(block, statistic, found):
                for row in self._cell(block, proxy, statistic, found, number):
                    if isinstance(whole, Correlations) and isinstance(found, Correlations):
                        yield against(row, found, whole, number)
                    else:
                        yield row

    def _proxies(self, block: Block, statistic: Asked, found: Correlations | Gap) -> list[str]:
        lines = found.lines if isinstance(found, Correlations) else ()
        shown = block.proxies(statistic, {line.scores.measures for line in lines if line.n})
        if self._plan.proxies:
            return [name for name in self._plan.proxies if name in shown]
        return sorted(shown & set(self._sources.proxies))

    def _cell(
        self, block: Block, proxy: str, statistic: Asked, found: Correlations | Gap, number: int
    ) -> Iterator[Row]:
        """Yield the row of a proxy; where conditions are mixed, one for each."""
        row = block.row(proxy, statistic)
        if proxy not in self._sources.proxies:
            yield unmeasured(row, Gap(f"{proxy} is no proxy of this version"))
        elif isinstance(found, Gap):
            yield unmeasured(row, found)
        elif lines := [line for line in found.lines if line.scores.measures == proxy]:
            values = block.values(proxy, statistic)
            for line in lines:
                yield measured(row, line, number, statistic, block.population, values)
        elif proxy in found.undefined:
            yield unmeasured(row, not_comparable("not defined on these networks"))
        else:
            yield unmeasured(row, self._ours.not_scored(block, proxy))


def _read_as(reading: Reading, raw: Sequence[Printed], printed: Sequence[Printed]) -> list[str]:
    """Say what published rows are taken for that they do not say."""
    kept = set(printed)
    return reading.said_of([row for row in raw if reading.as_ours(row) in kept])


def _others(plan: Plan, sources: Sources, printed: Sequence[Printed]) -> list[str]:
    """Name the published proxies that have no row."""
    others = [] if plan.proxies else sorted({row.proxy for row in printed} - set(sources.proxies))
    return [f"Published too, but no proxies of zsbench: {', '.join(others)}."] if others else []


def _causes(reading: Reading, rows: Sequence[Row]) -> list[str]:
    """Say why proxies may be outside of what is published."""
    outside = {row.measures for row in rows if outcome_of(row.verdict) is Outcome.DIFFERS}
    return [f"Outside, {name}: {reading.causes.get(name, 'cause unknown.')}" for name in sorted(outside)]
