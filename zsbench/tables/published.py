"""Numbers printed in papers (`data/published/correlations.csv`): facts with their sources, never our results."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from zsbench.errors import ZsbenchError
from zsbench.paths import packaged


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
    """Published values of one quantity."""

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


def read_published() -> list[Printed]:
    """Return every published correlation that ships with zsbench."""
    path = packaged("data") / "published" / "correlations.csv"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [
                Printed(
                    source=row["source"],
                    space=row["space"],
                    population=row["population"],
                    dataset=row["dataset"],
                    proxy=row["proxy"],
                    statistic=row["statistic"],
                    text=row["value"],
                    target=row["target"],
                    note=row["note"],
                )
                for row in csv.DictReader(lines)
            ]
    except (OSError, KeyError) as error:
        raise ZsbenchError(f"cannot read the published numbers: {error}", "is the installation whole?") from error


def spread(rows: Iterable[Printed]) -> Spread | None:
    """Return the spread of `rows`, None if there are none."""
    values = tuple(rows)
    return Spread(values) if values else None
