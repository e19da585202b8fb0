"""Two evaluators of the same proxies: what each found, and how the rankings compare."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

How: TypeAlias = Literal["fast", "plain", "exact"]
"""zsbench, the plain evaluator, the plain evaluator in float64."""
Found: TypeAlias = dict[str, float]


@dataclass
class Values:
    """What was measured, by network and evaluator; a file of JSON lines keeps it, so that a run can be resumed."""

    path: Path | None
    known: dict[tuple[int, str], Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what the file has."""
        if self.path is not None and self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                self._merge(record["index"], record["how"], record["values"])

    def of(self, index: int, how: How) -> Found:
        """Return the values of a network."""
        return self.known.get((index, how), {})

    def add(self, index: int, how: How, values: Found) -> None:
        """Keep more values of a network."""
        self._merge(index, how, values)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"index": index, "how": how, "values": values}) + "\n")

    def _merge(self, index: int, how: str, values: Found) -> None:
        self.known[index, how] = self.known.get((index, how), {}) | values


@dataclass(frozen=True)
class Both:
    """One proxy: the networks where both evaluators have a value, and the values."""

    indices: list[int]
    fast: list[float]
    plain: list[float]
    exact: Mapping[int, float]
    """Place in the list -> the plain evaluator in float64, where it ran."""

    @classmethod
    def of(cls, name: str, indices: list[int], values: Values) -> Both:
        """Collect the values of a proxy."""
        kept = [i for i in indices if name in values.of(i, "fast") and name in values.of(i, "plain")]
        exact = {place: values.of(i, "exact") for place, i in enumerate(kept)}
        return cls(
            kept,
            [values.of(i, "fast")[name] for i in kept],
            [values.of(i, "plain")[name] for i in kept],
            {place: found[name] for place, found in exact.items() if name in found},
        )

    def apart(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs of places that the evaluators order differently; a tie is an order, too."""
        for i, j in itertools.combinations(range(len(self.indices)), 2):
            if np.sign(self.fast[i] - self.fast[j]) != np.sign(self.plain[i] - self.plain[j]):
                yield i, j

    def differences(self) -> list[float]:
        """Return the relative differences of the evaluators."""
        return [_relative(one, other) for one, other in zip(self.fast, self.plain, strict=True)]

    def distances(self, how: Literal["fast", "plain"]) -> list[float]:
        """Return the relative distances of an evaluator from float64, where that ran."""
        values = self.fast if how == "fast" else self.plain
        return [_relative(values[place], exact) for place, exact in self.exact.items()]

    def within(self, pair: tuple[int, int]) -> bool:
        """Return whether a pair is closer than the plain evaluator rounds: its own distances, or typical ones."""
        typical = statistics.median(self.distances("plain"))
        rounding = [max(abs(self.plain[n] - self.exact[n]), typical * abs(self.plain[n])) for n in pair]
        return abs(self.plain[pair[0]] - self.plain[pair[1]]) <= sum(rounding)

    def sided(self, pair: tuple[int, int]) -> bool:
        """Return whether float64 orders a pair as the fast evaluator does."""
        i, j = pair
        return bool(np.sign(self.fast[i] - self.fast[j]) == np.sign(self.exact[i] - self.exact[j]))


def _relative(one: float, other: float) -> float:
    return abs(one - other) / abs(other) if one != other else 0.0
