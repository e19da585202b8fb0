"""The parts of a table of correlations: one dataset, target and population each, with what is published of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zsbench.tables.comparison.plan import CORRELATED, Asked, Plan, Population, Scope, asked
from zsbench.tables.comparison.reading import Reading
from zsbench.tables.comparison.rows import Row
from zsbench.tables.published import Printed, Spread, spread
from zsbench.tables.verdict import not_comparable


@dataclass(frozen=True)
class Block:
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
        return spread(row for row in self._of(statistic) if row.proxy == proxy)

    def proxies(self, statistic: Asked, measured: set[str]) -> set[str]:
        """Return the proxies that have a cell: published ones, and those `measured` where all of them belong."""
        everybody = statistic.name in CORRELATED and not self.population.sample
        return {row.proxy for row in self._of(statistic)} | (measured if everybody else set())

    def _of(self, statistic: Asked) -> Iterator[Printed]:
        for row in self.printed:
            ours = asked(row.statistic, self.population.sample)
            if ours and ours.name == statistic.name:
                yield row

    def row(self, proxy: str, statistic: Asked) -> Row:
        """Return a cell with nothing but what is published."""
        values = self.values(proxy, statistic)
        return Row(
            space=self.scope.space,
            dataset=self.dataset,
            target=self.scope.target,
            population=self.population.regime,
            sample=self.population.sample,
            statistic=statistic.name,
            proxy=proxy,
            published=values.text if values else None,
            published_over=", ".join(dict.fromkeys(row.population for row in values.values)) if values else "",
        )


def blocks_of(plan: Plan, printed: Sequence[Printed], reading: Reading) -> Iterator[Block]:
    """Yield the blocks of a table; each published row is in one of them, or in none."""
    comparable = [row for row in printed if not reading.not_comparable(row)]
    for scope in plan.scopes:
        for dataset in scope.datasets:
            here = [row for row in comparable if row.dataset == dataset]
            for population in scope.populations:
                yield Block(scope, dataset, population, tuple(r for r in here if scope.claims(r) is population))


def alone(plan: Plan, row: Printed, reading: Reading) -> Row:
    """Return the cell of a published value that nothing of ours stands beside, with the reason."""
    return Row(
        space=row.space,
        dataset=row.dataset,
        target=row.target or "not stated",
        population=row.population or "not stated",
        statistic=row.statistic,
        proxy=row.proxy,
        published=f"{row.text} {row.source}",
        verdict=not_comparable(reading.not_comparable(row) or _mismatch(plan, row)),
    )


def _mismatch(plan: Plan, row: Printed) -> str:
    targets = {s.target for s in plan.scopes if s.space == row.space and row.dataset in s.datasets}
    if row.target not in targets:
        return f"{row.target} accuracy, another target" if row.target else "which accuracy is not stated"
    return f"over {row.population}, another population" if row.population else "over which networks is not stated"
