"""Numbers printed in papers (`data/published/correlations.csv`): facts with their sources, never our results."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zsbench.errors import ZsbenchError
from zsbench.paths import packaged

TASKS = {"scene": "class_scene", "object": "class_object", "room": "room_layout", "segment": "segmentsemantic"}
"""Tasks of TransNAS-Bench-101 as the published files call them, and the spaces do."""
CORRELATIONS = "correlations"
RECOMPUTED = "recomputed"
"""Where published rows come from: printed correlations, or those that anyone recomputes from public tables."""


@dataclass(frozen=True)
class Printed:
    """One published correlation, as printed: its decimals tell how exact it is."""

    source: str
    space: str
    population: str
    dataset: str
    proxy: str
    statistic: str
    text: str
    target: str
    """`test`, `valid`, or empty where the source does not say."""
    note: str

    @property
    def value(self) -> float:
        """The number."""
        return float(self.text)

    @property
    def rounding(self) -> float:
        """Half a unit of the last printed decimal."""
        return float(0.5 * 10.0 ** -len(self.text.partition(".")[2]))


@dataclass(frozen=True)
class Spread:
    """Published values of one quantity; at least one."""

    values: tuple[Printed, ...]

    @property
    def low(self) -> float:
        """The lowest value that rounds to what was printed."""
        return min(one.value - one.rounding for one in self.values)

    @property
    def high(self) -> float:
        """The highest value that rounds to what was printed."""
        return max(one.value + one.rounding for one in self.values)

    @property
    def text(self) -> str:
        """The values with their source keys, as printed."""
        return ", ".join(f"{one.text} {one.source}" for one in sorted(self.values, key=lambda one: one.value))

    def distance(self, value: float) -> float:
        """Return how far `value` lies above (+) or below (-) the spread; 0 inside."""
        return max(value - self.high, 0.0) + min(value - self.low, 0.0)


def read_published(origin: str = CORRELATIONS) -> list[Printed]:
    """Return every published correlation that ships with zsbench; `origin` is `correlations` or `recomputed`."""
    return list(_read(packaged("data") / "published", origin))


@cache
def _read(folder: Path, origin: str) -> tuple[Printed, ...]:
    try:
        if origin == RECOMPUTED:
            return tuple(_recomputed(_records(folder / "exact_checks.csv")))
        return tuple(_printed(row) for row in _records(folder / "correlations.csv"))
    except (OSError, KeyError) as error:
        raise ZsbenchError(f"cannot read the published numbers: {error}", "is the installation whole?") from error


def _records(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _printed(row: Mapping[str, str]) -> Printed:
    return Printed(
        source=row["source"],
        space=row["space"],
        population=row["population"],
        dataset=TASKS.get(row["dataset"], row["dataset"]),
        proxy=row["proxy"],
        statistic=row["statistic"],
        text=row["value"],
        target=row["target"],
        note=row["note"],
    )


_CHECKED = {"kendall_b": "kendall", "spearman": "spearman"}
_COUNTS = {"flops_conv": "flops", "flops_bn_pool": "flops_all", "params": "params"}
"""Names in the exact checks -> ours."""


def _recomputed(rows: Iterable[Mapping[str, str]]) -> Iterator[Printed]:
    """Yield the correlations among the exact checks (`area.statistic.proxy.population.dataset`); test accuracy."""
    for row in rows:
        parts = row["check"].split(".")
        if len(parts) != 5 or parts[1] not in _CHECKED:
            continue
        space, statistic, proxy, population, dataset = parts
        stored = re.fullmatch(r"nbsz_(\w+)", proxy)
        if stored or proxy in _COUNTS:
            yield Printed(
                source="suite-zero scores" if stored else "closed form",
                space=space,
                population=population,
                dataset=TASKS.get(dataset, dataset),
                proxy=stored[1] if stored else _COUNTS[proxy],
                statistic=_CHECKED[statistic],
                text=row["value"],
                target="test",
                note=row["how"],
            )


def spread(rows: Iterable[Printed]) -> Spread | None:
    """Return the spread of `rows`, None if there are none."""
    values = tuple(rows)
    return Spread(values) if values else None
