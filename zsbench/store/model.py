"""What the store holds, as plain data: columns of scores for rows of architectures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zsbench.conditions import Conditions
from zsbench.score import Status

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.uint8]
Bools: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.object_]
ColumnKey: TypeAlias = tuple[str, int]
"""A proxy and the version of its definition."""

MISSING = 0
"""Code of an architecture that was not scored with this proxy."""
CODES: dict[Status, int] = {status: code for code, status in enumerate(Status, start=MISSING + 1)}
RETRIED = (Status.FAILED, Status.OOM)
"""What another try may mend, so that resuming scores it again; every other status is final."""


def value_fits(status: Status, value: float) -> bool:
    """Return whether a score may have this status and value: a number where there is one, NaN where there is none."""
    if status is Status.OK:
        return math.isfinite(value)
    return math.isnan(value) or (status is Status.DEGENERATE and math.isfinite(value))


def is_any(status: Codes, of: Iterable[Status]) -> Bools:
    """Return where `status` is one of `of`."""
    return np.isin(status, [CODES[s] for s in of])


@dataclass(frozen=True, eq=False)
class ScoreColumn:
    """The scores of one proxy, one entry an architecture of its set."""

    version: int
    value: Floats
    """(n,) raw scores (not oriented); NaN where there is none."""
    status: Codes
    """(n,) `CODES` of `Status`, or `MISSING`."""
    seconds: Floats
    """(n,) cost of this proxy alone; NaN where missing."""
    reason: Texts
    """(n,) why there is no ordinary value; empty otherwise."""

    def has(self, *statuses: Status) -> Bools:
        """Return (n,) where the status is one of `statuses`."""
        return is_any(self.status, statuses)

    @property
    def scored(self) -> Bools:
        """(n,) where this proxy was tried at all, whatever came of it."""
        scored: Bools = self.status != MISSING
        return scored

    @property
    def final(self) -> Bools:
        """(n,) where there is a result that resuming keeps; `failed` and `oom` are tried again."""
        return self.scored & ~self.has(*RETRIED)

    @property
    def without_value(self) -> Bools:
        """(n,) where this proxy was tried and gave no finite number."""
        return self.scored & ~np.isfinite(self.value)

    @property
    def failed(self) -> int:
        """How many were tried and gave no number; those the proxy is not defined for are not counted."""
        return int((self.without_value & ~self.has(Status.UNSUPPORTED)).sum())

    def rows(self, kept: Bools) -> ScoreColumn:
        """Return the column of the rows where `kept` is true."""
        return ScoreColumn(self.version, self.value[kept], self.status[kept], self.seconds[kept], self.reason[kept])

    def names(self) -> Texts:
        """Return (n,) the statuses as words; empty where missing."""
        words: Texts = np.array(["", *(str(status) for status in CODES)], dtype=object)
        return words[self.status]


@dataclass(frozen=True, eq=False)
class StoredSet:
    """Everything stored under one space, dataset and conditions, whatever the versions."""

    space: str
    dataset: str
    conditions: Conditions
    index: Ints
    arch: Texts
    columns: dict[ColumnKey, ScoreColumn]

    @property
    def key(self) -> tuple[str, str, str]:
        """Space, dataset, conditions id."""
        return self.space, self.dataset, self.conditions.id


@dataclass(frozen=True, eq=False)
class ScoreSet:
    """The scores of one space and dataset under one set of conditions, one version a proxy."""

    space: str
    dataset: str
    conditions: Conditions
    index: Ints
    """(n,) ascending indices in the space."""
    arch: Texts
    """(n,) architectures in the benchmark's own notation."""
    columns: dict[str, ScoreColumn]
    """By proxy, in alphabetical order."""
    stale: dict[str, int] = field(default_factory=dict)
    """Proxy -> how many stored scores belong to another version of its definition; they are not in `columns`."""

    @property
    def name(self) -> str:
        """How lists name this set."""
        return f"{self.space}/{self.dataset}/{self.conditions.id}"

    def done(self, proxy: str, version: int) -> set[int]:
        """Return the indices with a final result of this definition: resuming need not score them again.

        Final are ok, degenerate, nan, inf and unsupported; `failed` and `oom` are tried again.
        """
        column = self.columns.get(proxy)
        if column is None or column.version != version:
            return set()
        return set(self.index[column.final].tolist())


@dataclass(frozen=True)
class Problem:
    """A file, or a part of one, that cannot be used, and why."""

    path: Path
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.path.name}: {self.message}"


@dataclass(frozen=True, eq=False)
class Scores:
    """All readable scores of a folder, and what could not be read."""

    sets: tuple[ScoreSet, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def stale(self) -> dict[str, int]:
        """Proxy -> how many stored scores belong to another version of its definition, over all sets."""
        total: dict[str, int] = {}
        for scores in self.sets:
            for proxy, count in scores.stale.items():
                total[proxy] = total.get(proxy, 0) + count
        return total

    def find(self, space: str, dataset: str, conditions: Conditions) -> ScoreSet | None:
        """Return the set stored under exactly this, if any."""
        for scores in self.sets:
            if (scores.space, scores.dataset, scores.conditions.id) == (space, dataset, conditions.id):
                return scores
        return None
