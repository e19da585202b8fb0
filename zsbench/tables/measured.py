"""Stored sets brought together for display: one oriented column a proxy over one list of networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zsbench.conditions import Conditions, load_protocol, protocols
from zsbench.registry import Proxy
from zsbench.score import Status
from zsbench.stats.estimate import Bools, Floats, Ints

if TYPE_CHECKING:
    from zsbench.store import ScoreSet


@dataclass(frozen=True, eq=False)
class ProxyScores:
    """What a proxy gave n networks."""

    proxy: Proxy
    conditions: tuple[Conditions, ...]
    value: Floats
    """(n,) oriented: higher is better; NaN where there is no number."""
    scored: Bools
    """(n,) where the proxy was tried and is defined."""
    degenerate: Bools
    """(n,) where the evidence carries no information (dead network)."""

    @property
    def usable(self) -> Bools:
        """(n,) where there is a finite number."""
        return np.isfinite(self.value)

    def restricted(self, kept: Ints) -> ProxyScores:
        """Return the same for the networks at the places `kept`."""
        return ProxyScores(self.proxy, self.conditions, self.value[kept], self.scored[kept], self.degenerate[kept])


@dataclass(frozen=True, eq=False)
class Measured:
    """All proxies measured on one space and dataset under one protocol, seed and input."""

    space: str
    dataset: str
    index: Ints
    """(n,) ascending indices in the space."""
    scores: tuple[ProxyScores, ...]
    """By name; aggregates are not among them, they exist only within a regime."""
    undefined: tuple[str, ...] = ()
    """Proxies that are defined on none of these networks (status `unsupported`); they are not in `scores`."""

    @property
    def tried(self) -> Bools:
        """(n,) where any proxy was tried and is defined."""
        tried = np.zeros(len(self.index), bool)
        for column in self.scores:
            tried |= column.scored
        return tried


def measured(sets: Iterable[ScoreSet], known: Mapping[str, Proxy]) -> list[Measured]:
    """Return what can be shown in one table each; columns of proxies that are not `known` are left out.

    A protocol may give each proxy conditions of its own (`original` does); its sets make one table as long as no
    proxy occurs twice and all else (input, seed, device, torch) is equal. Other sets are never mixed.
    """
    groups: dict[tuple[str, ...], list[list[ScoreSet]]] = {}
    for scores in sets:
        tables = groups.setdefault(_together(scores), [])
        fitting = (
            table for table in tables if not any(scores.columns.keys() & other.columns.keys() for other in table)
        )
        table = next(fitting, None)
        if table is None:
            tables.append([scores])
        else:
            table.append(scores)
    found = [table for tables in groups.values() for table in tables]
    found.sort(key=lambda table: (table[0].space, table[0].dataset, table[0].conditions.protocol, _seed(table)))
    return [_merged(table, known) for table in found]


def _seed(table: Sequence[ScoreSet]) -> int:
    return table[0].conditions.seed


def _together(scores: ScoreSet) -> tuple[str, ...]:
    c = scores.conditions
    shared = (scores.space, scores.dataset, c.protocol, c.input, str(c.seed), c.device, c.torch, c.dtype, c.batch_norm)
    return shared if _gives_each_its_own(c.protocol) else (*shared, c.id)


def _gives_each_its_own(protocol: str) -> bool:
    return protocol not in protocols() or bool(load_protocol(protocol).overrides)


def _merged(sets: Sequence[ScoreSet], known: Mapping[str, Proxy]) -> Measured:
    index = np.unique(np.concatenate([scores.index for scores in sets]))
    columns = [_column(known[name], scores, index) for scores in sets for name in scores.columns if name in known]
    ordered = sorted(columns, key=lambda column: column.proxy.name)
    defined = tuple(column for column in ordered if column.scored.any())
    undefined = tuple(column.proxy.name for column in ordered if not column.scored.any())
    return Measured(sets[0].space, sets[0].dataset, index, defined, undefined)


def _column(proxy: Proxy, scores: ScoreSet, index: Ints) -> ProxyScores:
    column = scores.columns[proxy.name]
    places = np.searchsorted(index, scores.index)
    value = np.full(len(index), np.nan)
    tried, degenerate = np.zeros(len(index), bool), np.zeros(len(index), bool)
    has_value = column.has(Status.OK, Status.DEGENERATE) & np.isfinite(column.value)
    value[places] = np.where(has_value, proxy.sign * column.value, np.nan)
    tried[places] = column.scored & ~column.has(Status.UNSUPPORTED)
    degenerate[places] = column.has(Status.DEGENERATE)
    return ProxyScores(proxy, (scores.conditions,), value, tried, degenerate)


def aggregated(proxy: Proxy, scores: Sequence[ProxyScores]) -> ProxyScores | None:
    """Return a rank aggregate over the networks where all its parts have a number; None if a part is not there."""
    by_name = {column.proxy.name: column for column in scores}
    if not all(name in by_name for name in proxy.of):
        return None
    parts = [by_name[name] for name in proxy.of]
    complete = np.logical_and.reduce([part.usable for part in parts])
    value = np.full(len(complete), np.nan)
    if complete.any():
        value[complete] = proxy.sign * np.asarray(proxy.score(*(part.value[complete] for part in parts)), np.float64)
    return ProxyScores(
        proxy,
        tuple({conditions.id: conditions for part in parts for conditions in part.conditions}.values()),
        value,
        np.logical_and.reduce([part.scored for part in parts]),
        np.logical_or.reduce([part.degenerate for part in parts]),
    )
