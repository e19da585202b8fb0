"""What is printed somewhere about a benchmark's accuracies and latencies: an import of the right column must show it.

`data/known_answers.csv`: a column of a dataset (of several spaces, where they share it) has a value at an architecture,
or its highest or mean is one. As many decimals count as are written there.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np

from zsbench.paths import packaged
from zsbench.spaces.base import Floats, Space

HIGHEST, MEAN = "highest", "mean"
"""Of all architectures, if all are known."""


@dataclass(frozen=True)
class KnownAnswer:
    """One value that is printed somewhere."""

    dataset: str
    column: str
    """A target, or a cost."""
    of: str
    """An architecture, `highest` or `mean`."""
    text: str
    """The value, with as many decimals as are known."""
    source: str

    def found(self, space: Space, values: Floats) -> float | None:
        """Return what (n,) `values` have in its place, None if they don't know."""
        if self.of in {HIGHEST, MEAN}:
            return float(values.max() if self.of == HIGHEST else values.mean()) if np.isfinite(values).all() else None
        value = float(values[space.index(self.of)])
        return value if np.isfinite(value) else None

    def holds(self, found: float) -> bool:
        """Return whether a value is the printed one, in the last decimal by no more than one (means round twice)."""
        decimals = len(self.text.partition(".")[2])
        return abs(found - float(self.text)) < 1.01 * 10.0**-decimals


@dataclass(frozen=True)
class Answered:
    """How many printed values a column has, and what it has in place of the others."""

    passed: int
    known: int
    different: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in a few words; nothing if there was nothing to ask."""
        if not self.known:
            return ""
        return f"{self.passed} of {self.known}" + "".join(f"; {text}" for text in self.different)


def answered(space: Space, dataset: str, column: str, values: Floats) -> Answered:
    """Hold (n,) `values` of a column against what is printed about it."""
    different = []
    asked = 0
    for answer in known_answers(space.name):
        found = answer.found(space, values) if (answer.dataset, answer.column) == (dataset, column) else None
        if found is None:
            continue
        asked += 1
        if not answer.holds(found):
            different.append(f"{answer.of} is {found:.6g}, {answer.source} prints {answer.text}")
    return Answered(asked - len(different), asked, tuple(different))


@cache
def known_answers(space: str) -> tuple[KnownAnswer, ...]:
    """Return what is printed about a space."""
    with (packaged("data") / "known_answers.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            KnownAnswer(row["dataset"], row["column"], row["of"], row["value"], row["source"])
            for row in csv.DictReader(file)
            if space in row["space"].split()
        )
