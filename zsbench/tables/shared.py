"""Scores of one network for its whole isomorphism class: what `zsbench score --unique` computed, over a whole space.

Isomorphic cells of NAS-Bench-201 compute the same function, but need not be the same network: an operation that reads
zeros, or whose result nothing reads, is built and run all the same. A proxy that counts it (`Need.sees_loose_ends`)
tells isomorphic networks apart, so that its scores are not shared.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from zsbench.registry import Proxy
    from zsbench.spaces.base import Space
    from zsbench.stats.estimate import Ints
    from zsbench.tables.measured import Measured, ProxyScores


def is_shared(proxy: Proxy) -> bool:
    """Return whether isomorphic networks have the same score, under the same weights."""
    return bool(proxy.needs) and not any(need.sees_loose_ends for need in proxy.needs)


def shared(table: Measured, space: Space) -> Measured:
    """Return a table over every network of the classes in `table`.

    A network keeps its own score of a proxy; one without takes that of the lowest index in its class that has one.
    Costs are not shared: they were paid once.
    """
    classes = space.representatives()
    return _over(
        table,
        np.flatnonzero(np.isin(classes, classes[table.index])),
        classes,
        {column.proxy.name for column in table.scores},
    )


def whole(table: Measured, space: Space) -> Measured:
    """Return a table over the whole space, if every class has a score of some proxy: such proxies share theirs.

    The others stay on the networks that they were tried on. A sample is left as it is: its classes' other members are
    not a random part of the space.
    """
    classes = space.representatives()
    every = len(np.unique(classes))
    over_all = {
        column.proxy.name
        for column in table.scores
        if is_shared(column.proxy) and len(np.unique(classes[table.index[column.scored]])) == every
    }
    return _over(table, np.arange(len(classes)), classes, over_all) if over_all else table


def _over(table: Measured, index: Ints, classes: Ints, sharing: Collection[str]) -> Measured:
    """Return the table over the networks `index`, among them its own; columns of these names fill what is new."""
    if len(index) == len(table.index):
        return table
    own = np.searchsorted(index, table.index)
    columns = [column.spread(own, len(index)) for column in table.scores]
    columns = [_column(column, classes[index]) if column.proxy.name in sharing else column for column in columns]
    return dataclasses.replace(table, index=index, scores=tuple(columns), shared=len(index) - len(table.index))


def _column(column: ProxyScores, classes: Ints) -> ProxyScores:
    if not is_shared(column.proxy):
        return column
    places = np.arange(len(classes))
    with_score = places[column.scored]
    known, first = np.unique(classes[with_score], return_index=True)
    where = np.minimum(np.searchsorted(known, classes), len(known) - 1)
    takes = ~column.scored & (known[where] == classes) if len(known) else np.zeros(len(classes), bool)
    source = np.where(takes, with_score[first[where]], places) if len(known) else places
    return dataclasses.replace(column.restricted(source), seconds=np.where(takes, np.nan, column.seconds))
