"""Accuracies that papers print for the network a proxy ranks first (`data/published/best_architectures.csv`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zsbench.tables.facts import fact_rows

OPTIMUM = "optimum"
"""The name under which sources print the best accuracy there is."""


@dataclass(frozen=True)
class PrintedBest:
    """One published accuracy, as printed: its decimals tell how exact it is."""

    source: str
    space: str
    dataset: str
    proxy: str
    text: str
    std_text: str
    """The printed spread over runs; empty where there is none."""
    note: str

    @property
    def low(self) -> float:
        """The lowest value that is meant: less half a unit of the last decimal, and the printed spread."""
        return float(self.text) - self._margin

    @property
    def high(self) -> float:
        """The highest value that is meant."""
        return float(self.text) + self._margin

    @property
    def _margin(self) -> float:
        return 0.5 * 10.0 ** -len(self.text.partition(".")[2]) + (float(self.std_text) if self.std_text else 0.0)

    @property
    def shown(self) -> str:
        """The value, its spread and its source key."""
        spread = f" ± {self.std_text}" if self.std_text else ""
        return f"{self.text}{spread} {self.source}"

    def distance(self, value: float) -> float:
        """Return how far `value` lies above (+) or below (-) what is meant; 0 inside."""
        return max(value - self.high, 0.0) + min(value - self.low, 0.0)


def read_printed_best() -> list[PrintedBest]:
    """Return every published accuracy of a chosen network that ships with zsbench."""
    rows = fact_rows("best_architectures")
    return [PrintedBest(text=row.pop("value"), std_text=row.pop("std"), **row) for row in rows]


def datasets_of(rows: Iterable[PrintedBest]) -> list[tuple[str, str]]:
    """Return each (space, dataset) once, in the order of the file."""
    return list(dict.fromkeys((row.space, row.dataset) for row in rows))
