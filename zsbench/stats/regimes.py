"""Regimes: which networks count. Small filters, joined with `&`, applied left to right on plain arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np

from zsbench.errors import NothingToReportError, UsageError, unknown_name
from zsbench.stats.estimate import Bools, Floats, Ints

_NAMES = ("all", "unique", "valid", "top5%")


@dataclass(frozen=True, eq=False)
class Population:
    """The networks that a regime chooses from, in ascending order of their index; all scored and with truth."""

    truth: Floats
    """(n,) accuracies in per cent."""
    valid: Bools
    """(n,) whether every operator matters."""
    representative: Ints
    """(n,) lowest index in the space of the same isomorphism class: equal numbers, equal networks."""


class Filter(Protocol):
    """One step of a regime."""

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return (n,) which networks of `among` stay."""


@dataclass(frozen=True)
class Everything:
    """`all`: no network is left out."""

    def keep(self, population: Population, among: Bools) -> Bools:  # noqa: ARG002 (the Filter protocol)
        """Return `among` as it is."""
        return among


@dataclass(frozen=True)
class Valid:
    """`valid`: every operator of the architecture matters to its output."""

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return the valid ones of `among`."""
        return among & population.valid


@dataclass(frozen=True)
class Unique:
    """`unique`: one network an isomorphism class, the one of lowest index that is there."""

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return the first of each class in `among`."""
        places = np.flatnonzero(among)
        _, first = np.unique(population.representative[places], return_index=True)
        kept = np.zeros_like(among)
        kept[places[first]] = True
        return kept


@dataclass(frozen=True)
class TopByTruth:
    """`top5%`: truth at or above that percentile (linear interpolation) of those the steps before left."""

    percent: float

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return the best of `among`."""
        if not among.any():
            return among
        return among & (population.truth >= np.percentile(population.truth[among], 100 - self.percent))


@dataclass(frozen=True)
class Regime:
    """A named choice of networks."""

    name: str
    steps: tuple[Filter, ...]

    def select(self, population: Population) -> Bools:
        """Return (n,) which networks count; raise `NothingToReportError` if none does."""
        kept = np.ones(len(population.truth), dtype=bool)
        for step in self.steps:
            kept = step.keep(population, kept)
        if not kept.any():
            raise NothingToReportError(
                f"regime {self.name!r} holds none of the {len(kept)} networks scored",
                "score more networks, or widen it",
            )
        return kept


def parse_regimes(text: str) -> list[Regime]:
    """Return the regimes that `text` names: steps joined by `&`, alternatives by `,` (`valid&top1%,5%,10%`).

    Raises `UsageError` with a suggestion for what it does not know.
    """
    alternatives = [_alternatives(step, text) for step in text.split("&")]
    return [
        Regime("&".join(name for name, _ in chosen), tuple(step for _, step in chosen))
        for chosen in product(*alternatives)
    ]


def _alternatives(step: str, text: str) -> Sequence[tuple[str, Filter]]:
    names = [name.strip().lower() for name in step.split(",")]
    if names[0].startswith("top"):
        names = [name if name.startswith("top") else f"top{name}" for name in names]
    return [(name, _filter(name, text)) for name in names]


def _filter(name: str, text: str) -> Filter:
    simple: dict[str, Filter] = {"all": Everything(), "unique": Unique(), "valid": Valid()}
    if name in simple:
        return simple[name]
    if match := re.fullmatch(r"top(\d+(?:\.\d+)?)%", name):
        percent = float(match[1])
        if not 0 < percent <= 100:
            raise UsageError(f"{name!r} in regime {text!r} is not between 0 and 100 %")
        return TopByTruth(percent)
    raise unknown_name("regime", name, _NAMES)
