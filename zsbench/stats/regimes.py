"""Regimes: which networks count. Small filters, joined with `&`, applied left to right on plain arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from zsbench.errors import NothingToReportError, UsageError, unknown_name
from zsbench.stats.estimate import Bools, Floats, Ints

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
"""What may stand between a cost and its limit; those of two characters first."""
MEASURED: Mapping[str, str] = {"latency": "ms", "energy": "mJ"}
"""What costs of devices (`latency:DEVICE`, `energy:DEVICE`) are measured in."""


@dataclass(frozen=True, eq=False)
class Population:
    """The networks that a regime chooses from, in ascending order of their index; all scored and with truth."""

    truth: Floats
    """(n,) accuracies in per cent."""
    valid: Bools
    """(n,) whether every operator matters."""
    representative: Ints
    """(n,) lowest index in the space of the same isomorphism class."""
    costs: Mapping[str, Floats] = field(default_factory=dict)
    """Name (`params`, `flops` ...) -> (n,) what each network costs; NaN where unknown."""
    operations: Mapping[str, Ints] = field(default_factory=dict)
    """Operation -> (n,) how often each network has it."""
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Grouping (`family`) -> (n,) the group that each network is in."""
    known_groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Grouping -> every group of the space, also those that no network here is in; default: those of `groups`."""


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
class Budget:
    """`params<=1M`: a cost of the network against a limit; a network of unknown cost never stays."""

    cost: str
    comparison: str
    limit: float

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return those of `among` within the limit; raise `UsageError` if the space does not state this cost."""
        cost = find_cost(population.costs, self.cost)
        within: Bools = COMPARISONS[self.comparison](cost, self.limit) & np.isfinite(cost)
        return among & within


@dataclass(frozen=True)
class CostBand:
    """`flops:q25..q50`: cost above one quantile, up to and with another (per cent, linear interpolation).

    Quantiles are those of the networks that the steps before left. Bands that meet share no network: the lower end is
    left out, but for `q0`.
    """

    cost: str
    low: float
    high: float

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return the middle of `among`; raise `UsageError` if the space does not state this cost."""
        cost = find_cost(population.costs, self.cost)
        among = among & np.isfinite(cost)
        if not among.any():
            return among
        low, high = np.percentile(cost[among], [self.low, self.high])
        above = cost >= low if self.low == 0 else cost > low
        within: Bools = above & (cost <= high)
        return among & within


@dataclass(frozen=True)
class OperationCount:
    """`ops:none=0`: how often an architecture has an operation."""

    operation: str
    comparison: str
    count: float

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return those of `among` with such a count; raise `UsageError` if the space has no such operation."""
        counts = _named(population.operations, self.operation, "operation")
        right: Bools = COMPARISONS[self.comparison](counts, self.count)
        return among & right


@dataclass(frozen=True)
class Member:
    """`family:ResNet`: the networks of one group."""

    grouping: str
    group: str

    def keep(self, population: Population, among: Bools) -> Bools:
        """Return those of `among` in the group; raise `UsageError` if the space has no such grouping or group."""
        names = _named(population.groups, self.grouping, "grouping")
        inside: Bools = np.array([name.lower() == self.group.lower() for name in names])
        known = {self.grouping: frozenset(names)} | {k.lower(): v for k, v in population.known_groups.items()}
        if self.group.lower() not in {name.lower() for name in known[self.grouping]}:
            raise unknown_name(self.grouping, self.group, known[self.grouping])
        return among & inside


def find_cost(costs: Mapping[str, Floats], name: str) -> Floats:
    """Return (n,) the cost of a name, in whatever case.

    Raise `UsageError` that says which there are, and of a device which are installed.
    """
    kind, _, device = name.partition(":")
    if kind in MEASURED and name not in {one.lower() for one in costs}:
        raise _not_installed(costs, kind, device)
    found: Floats = _named(costs, name, "cost")
    return found


def _not_installed(costs: Mapping[str, Floats], kind: str, device: str) -> UsageError:
    more = "zsbench data import SPACE FILE brings more; zsbench data list names files"
    devices = {name.partition(":")[2] for name in costs if name.startswith(f"{kind}:")}
    if "@" not in device:
        devices = {name for name in devices if "@" not in name}
    if not devices:
        return UsageError(f"no {kind} of any device is installed for this space and dataset", more)
    if not device:
        return UsageError(f"{kind} of which device?", f"installed: {', '.join(sorted(devices))}; {more}")
    hint = unknown_name("device", device, devices).hint
    near = f"{hint} " if hint.startswith("did you mean") else ""
    return UsageError(
        f"no {kind} of a device called {device!r} is installed",
        f"{near}installed: {', '.join(sorted(devices))}; {more}",
    )


def _named(known: Mapping[str, Any], name: str, kind: str) -> Any:
    for one, values in known.items():
        if one.lower() == name:
            return values
    hint = unknown_name(kind, name, known).hint if known else ""
    raise UsageError(f"this space does not state {name!r}: no such {kind} of its networks", hint)


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
