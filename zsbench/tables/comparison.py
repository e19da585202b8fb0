"""Published beside measured: each cell with its sources, our interval, the difference, and a verdict."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zsbench.errors import ZsbenchError, unknown_name
from zsbench.paths import packaged
from zsbench.tables.correlations import Correlations, Line
from zsbench.tables.published import Printed, Spread, read_published, spread
from zsbench.tables.table import Cell, Column, Table

TOLERANCE = 0.03
"""A reproduction on another draw of weights and inputs agrees within this much of tau or rho."""

_COLUMNS = (
    Column("population"),
    Column("statistic"),
    Column("proxy"),
    Column("published"),
    Column("measured", digits=3),
    Column("low", digits=3),
    Column("high", digits=3),
    Column("n"),
    Column("failed"),
    Column("difference", digits=3),
    Column("verdict"),
)


@dataclass(frozen=True)
class Population:
    """A regime of ours and what papers' populations it corresponds to."""

    regime: str
    published: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """A named table as `configs/tables/NAME.toml` lays it out."""

    name: str
    title: str
    space: str
    dataset: str
    target: str
    statistics: tuple[str, ...]
    populations: tuple[Population, ...]
    protocol: str = "unified"
    unstated_target: tuple[str, ...] = ()
    """Sources that do not say which accuracy they used, and fit `target`."""
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Source -> its name for a proxy -> ours, where the same name means another function."""
    causes: Mapping[str, str] = field(default_factory=dict)
    """Proxy -> why it may differ from print; shown for those outside."""

    def comparable(self, rows: Iterable[Printed]) -> list[Printed]:
        """Return the published rows of this space, dataset and target, under our names."""
        return [
            row
            for row in rows
            if (row.space, row.dataset) == (self.space, self.dataset)
            and (row.target == self.target or (not row.target and row.source in self.unstated_target))
        ]

    def our_name(self, row: Printed) -> str:
        """Return our name of a published row's proxy."""
        return self.renamed.get(row.source, {}).get(row.proxy, row.proxy)


def layouts() -> dict[str, Path]:
    """Return the tables that ship with zsbench, by name."""
    return {path.stem: path for path in sorted((packaged("configs") / "tables").glob("*.toml"))}


def load_layout(name: str) -> Layout:
    """Read a table's layout by name; raise `UsageError` with a suggestion if there is none."""
    known = layouts()
    if name not in known:
        raise unknown_name("table", name, known)
    data: dict[str, Any] = tomllib.loads(known[name].read_text(encoding="utf-8"))
    data.pop("summary", None)
    populations = tuple(Population(p["regime"], tuple(p["published"])) for p in data.pop("population"))
    try:
        return Layout(name=name, populations=populations, **data)
    except TypeError as error:
        raise ZsbenchError(f"{known[name]} is not a table: {error}") from error


def comparison(
    layout: Layout, proxies: Collection[str], measured: Mapping[str, Correlations | None], captions: Sequence[str]
) -> Table:
    """Return one row a (population, statistic, proxy): those of `proxies` that are published or measured.

    `measured` holds our correlations by regime; what is published of other proxies is named below the table.
    """
    published = layout.comparable(read_published())
    rows: list[tuple[Cell, ...]] = []
    for population in layout.populations:
        found = measured.get(population.regime)
        lines = {line.scores.proxy.name: line for line in found.lines if line.n} if found else {}
        for number, statistic in enumerate(layout.statistics):
            printed = [
                row for row in published if row.population in population.published and row.statistic == statistic
            ]
            for name in sorted(({layout.our_name(row) for row in printed} & set(proxies)) | lines.keys()):
                values = spread(row for row in printed if layout.our_name(row) == name)
                rows.append((population.regime, statistic, name, *_row(values, lines.get(name), number)))
    notes = (*captions, *_legend(), *_causes(layout, rows), *_left_out(layout, published, proxies))
    return Table(layout.title, _COLUMNS, tuple(rows), notes)


def _causes(layout: Layout, rows: Sequence[tuple[Cell, ...]]) -> list[str]:
    outside = {str(row[2]) for row in rows if str(row[-1]).startswith("outside")}
    return [f"Outside, {name}: {layout.causes.get(name, 'cause unknown.')}" for name in sorted(outside)]


def _left_out(layout: Layout, published: Sequence[Printed], proxies: Collection[str]) -> list[str]:
    others = sorted({layout.our_name(row) for row in published} - set(proxies))
    return [f"Published for this space and dataset, but no proxy of zsbench: {', '.join(others)}."] if others else []


def _row(published: Spread | None, line: Line | None, number: int) -> tuple[Cell, ...]:
    text = published.text if published else None
    if line is None:
        return (text, None, None, None, None, None, None, "not scored yet")
    found = line.estimates[number]
    if math.isnan(found.value):
        return (text, None, None, None, line.n, line.failed, None, "undefined here")
    numbers = (found.value, found.low, found.high, line.n, line.failed)
    if published is None:
        return (text, *numbers, None, "nothing published")
    distance = published.distance(found.value)
    return (text, *numbers, distance, verdict(published, found.value, found.low, found.high))


def verdict(published: Spread, value: float, low: float, high: float) -> str:
    """Say how a measured value with its interval stands to the published spread."""
    distance = published.distance(value)
    if distance == 0:
        return "inside"
    if abs(distance) <= TOLERANCE:
        return f"within {TOLERANCE}"
    if low <= published.high and high >= published.low:
        return "within our interval"
    return f"outside by {distance:+.3f}"


def _legend() -> tuple[str, str]:
    published = (
        "Published: as printed, with source keys (data/published/sources.bib). Difference: from the nearer end of the "
        "published values, rounding included."
    )
    verdicts = f"Verdict: inside the published values; within {TOLERANCE}; else whether our 95 % interval reaches them."
    return published, verdicts
