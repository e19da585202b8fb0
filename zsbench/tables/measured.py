"""Stored sets brought together for display: one oriented column a proxy over one list of networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zsbench.conditions import Conditions, load_protocol, protocols
from zsbench.registry import Proxy
from zsbench.score import Status
from zsbench.stats.estimate import Bools, Floats, Ints, same_source
from zsbench.tables.apart import apart

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
    seconds: Floats
    """(n,) what it took, as stored; NaN where it was not tried. Of an aggregate: all its parts together."""
    source: Ints | None = None
    """(n,) equal numbers for networks that have one and the same score; None if each has its own."""
    variant: str = ""
    """What tells it from the same proxy under other conditions, in a table that has both."""

    @property
    def measures(self) -> str:
        """The proxy's name as registered."""
        return self.proxy.name.removesuffix(_suffix(self.variant))

    @property
    def usable(self) -> Bools:
        """(n,) where there is a finite number."""
        return np.isfinite(self.value)

    def restricted(self, kept: Ints) -> ProxyScores:
        """Return the same for the networks at the places `kept`."""
        return dataclasses.replace(
            self,
            value=self.value[kept],
            scored=self.scored[kept],
            degenerate=self.degenerate[kept],
            seconds=self.seconds[kept],
            source=None if self.source is None else self.source[kept],
        )

    def spread(self, places: Ints, n: int) -> ProxyScores:
        """Return the same over n networks, of which its own have the `places` given."""
        value, seconds = np.full(n, np.nan), np.full(n, np.nan)
        scored, degenerate = np.zeros(n, bool), np.zeros(n, bool)
        value[places], seconds[places] = self.value, self.seconds
        scored[places], degenerate[places] = self.scored, self.degenerate
        source = None
        if self.source is not None:
            source = -np.arange(1, n + 1)  # unlike any that is there
            source[places] = self.source
        return dataclasses.replace(
            self, value=value, scored=scored, degenerate=degenerate, seconds=seconds, source=source
        )

    def called(self, variant: str) -> ProxyScores:
        """Return the same under a name that says the variant."""
        proxy = dataclasses.replace(self.proxy, name=f"{self.measures}{_suffix(variant)}")
        return dataclasses.replace(self, proxy=proxy, variant=variant)


def _suffix(variant: str) -> str:
    return f" [{variant}]" if variant else ""


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
    label: str = ""
    """What tells its conditions from those of other tables of this space and dataset; empty if it is the only one."""

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
        if scores.columns and not scores.columns.keys() & known.keys():
            continue
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
    return _labelled([_merged(table, known) for table in found], [table[0].conditions for table in found])


def _labelled(tables: Sequence[Measured], first: Sequence[Conditions]) -> list[Measured]:
    """Return the tables with labels where a dataset has several; `first` has the first conditions of each."""
    labels = [""] * len(tables)
    for where in {(table.space, table.dataset) for table in tables}:
        places = [i for i, table in enumerate(tables) if (table.space, table.dataset) == where]
        for i, label in zip(places, apart([first[i] for i in places]), strict=True):
            labels[i] = label
    return [dataclasses.replace(table, label=label) for table, label in zip(tables, labels, strict=True)]


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
    has_value = column.has(Status.OK, Status.DEGENERATE) & np.isfinite(column.value)
    own = ProxyScores(
        proxy,
        (scores.conditions,),
        value=np.where(has_value, proxy.sign * column.value, np.nan),
        scored=column.scored & ~column.has(Status.UNSUPPORTED),
        degenerate=column.has(Status.DEGENERATE),
        seconds=column.seconds,
    )
    return own.spread(np.searchsorted(index, scores.index), len(index))


def aggregated(proxy: Proxy, scores: Sequence[ProxyScores]) -> ProxyScores | None:
    """Return a rank aggregate over the networks where all its parts have a number; None if a part is not there."""
    by_name = {column.measures: column for column in scores}
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
        scored=np.logical_and.reduce([part.scored for part in parts]),
        degenerate=np.logical_or.reduce([part.degenerate for part in parts]),
        seconds=np.sum([part.seconds for part in parts], axis=0),
        source=same_source(*(part.source for part in parts)),
    )


def chosen(columns: Sequence[ProxyScores], proxies: Sequence[Proxy]) -> list[ProxyScores]:
    """Return the columns of the proxies asked for, aggregates made over the networks that these columns hold."""
    found: list[ProxyScores] = []
    for proxy in proxies:
        if proxy.is_aggregate:
            found += _aggregates(proxy, columns)
        else:
            found += [column for column in columns if column.measures == proxy.name]
    return found


def _aggregates(proxy: Proxy, columns: Sequence[ProxyScores]) -> list[ProxyScores]:
    """Return one aggregate, or one a variant that its parts have; parts without variants are in each."""
    parts = [column for column in columns if column.measures in proxy.of]
    found: list[ProxyScores] = []
    for variant in sorted({part.variant for part in parts if part.variant}) or [""]:
        made = aggregated(proxy, [part for part in parts if part.variant in {"", variant}])
        if made is not None:
            found.append(made.called(variant))
    return found
