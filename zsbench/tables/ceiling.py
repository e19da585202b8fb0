"""The noise ceiling of a regime: from the single runs of the truth, else from equal networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.spaces.base import Space, Truth
from zsbench.stats import Statistic
from zsbench.stats.ceiling import NoisyTruth, ceiling, from_runs, from_twins
from zsbench.stats.estimate import Floats, Ints


@dataclass(frozen=True)
class Ceiling:
    """What a perfect proxy would reach."""

    values: tuple[float, ...]
    """One a statistic; NaN where it is undefined on these networks."""
    source: str
    """Where the noise of the truth is known from."""


def ceiling_of(
    truth: Truth,
    space: Space,
    index: Ints,
    statistics: Sequence[Statistic],
    costs: Mapping[str, Floats] | None = None,
) -> Ceiling | None:
    """Return the ceiling on the networks `index` (n,) of a space; None if nothing tells the noise of their truth.

    `costs` are those of these networks, for partial correlations.
    """
    known = np.flatnonzero(np.isfinite(truth.values))
    noisy, source = _noisy(truth, space, known)
    if noisy is None:
        return None
    return Ceiling(tuple(ceiling(statistics, noisy, np.searchsorted(known, index), costs)), source)


def _noisy(truth: Truth, space: Space, known: Ints) -> tuple[NoisyTruth | None, str]:
    values = truth.values[known]
    if truth.seeds is not None and (found := from_runs(values, truth.seeds[known])):
        return found, "repeated trainings"
    return from_twins(values, space.twins(loose_ends=False)[known]), "equal networks, trained apart"
