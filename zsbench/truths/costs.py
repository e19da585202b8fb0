"""What networks cost on devices, or as somebody else counts it: imported columns beside those of truth.

A column is called `latency:DEVICE` (ms), `energy:DEVICE` (mJ), `intensity:DEVICE`, or as the space calls what it counts
itself (`params`, `flops`). A device that several imports know means the latest one's; each stays reachable as
`latency:DEVICE@IMPORT`. What a space counts itself is never replaced: theirs is `params@IMPORT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zsbench.spaces.base import Floats, Space

if TYPE_CHECKING:
    from zsbench.truths.files import ImportedFile

COSTS = "costs"
"""The group of an import that holds them; no dataset is called so."""
UNITS: Mapping[str, str] = {"latency": "ms", "energy": "mJ", "intensity": ""}
"""Kind of cost of a device -> the unit it is stored in."""


@dataclass(frozen=True, eq=False)
class CostColumn:
    """One column to store."""

    dataset: str
    name: str
    what: str
    """What was measured or counted, in words."""
    values: Floats = field(repr=False)
    """(n,) in the unit of its kind; NaN where there is none."""


def imported_costs(space: str, dataset: str) -> dict[str, Floats]:
    """Return (n,) every imported cost of a dataset: plain names first, then each `NAME@IMPORT`."""
    from zsbench.truths.files import imported_files

    plain: dict[str, Floats] = {}
    every: dict[str, Floats] = {}
    for imported in imported_files(space):
        for of, name, _ in imported.costs:
            if of == dataset:
                plain[name] = every[f"{name}@{imported.name}"] = _values(imported, of, name)
    return plain | every


def cost_sources(space: str, dataset: str) -> dict[str, str]:
    """Return where every imported cost of a dataset comes from: `NAME@IMPORT` -> what, and the file."""
    from zsbench.truths.files import imported_files

    return {
        f"{name}@{imported.name}": imported.source(what)
        for imported in imported_files(space)
        for of, name, what in imported.costs
        if of == dataset
    }


@lru_cache(maxsize=64)
def _values(imported: ImportedFile, dataset: str, name: str) -> Floats:
    """Read a column once: a table asks for all of them several times."""
    from zsbench.truths.files import read_cost

    values = read_cost(imported, dataset, name)
    values.setflags(write=False)
    return values


@dataclass(frozen=True)
class Disagreement:
    """How an imported count differs from the space's own."""

    name: str
    known: int
    """Architectures whose cost the import knows."""
    different: int
    first: int
    """The lowest index of those that differ."""
    largest: float
    """The largest difference."""

    def __str__(self) -> str:
        """Say it in one sentence, without a full stop."""
        return (
            f"{self.different:,} of {self.known:,} architectures have other {self.name} than their networks, by up to "
            f"{self.largest:,.0f} (the first: {self.first})"
        )


def disagreement(space: Space, dataset: str, name: str, theirs: Floats) -> Disagreement | None:
    """Compare (n,) imported `theirs` with what the space counts itself; None if it doesn't, or they agree.

    Files state millions with six decimals, so half a parameter, and a millionth, are no difference.
    """
    ours = space.costs(dataset).get(name)
    if ours is None:
        return None
    apart = np.abs(theirs - ours)
    different = apart > np.maximum(0.5, 1e-6 * ours)
    if not different.any():
        return None
    known = int(np.isfinite(theirs).sum())
    first = int(np.flatnonzero(different)[0])
    return Disagreement(name, known, int(different.sum()), first, float(apart[different].max()))
