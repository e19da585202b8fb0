"""Scores of one network for all equal ones: what `zsbench score --unique` computed, over a whole space.

Which networks are equal depends on the proxy: one that counts operations which the output does not depend on
(`Proxy.sees_loose_ends`) tells more of them apart.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zsbench.registry import Proxy
    from zsbench.spaces.base import Space
    from zsbench.stats.estimate import Ints
    from zsbench.tables.measured import Measured, ProxyScores

SURELY = 9.0
"""Pairs of equal networks to be expected of a random sample, where none at all has a chance of about exp(-9)."""


def is_shared(proxy: Proxy) -> bool:
    """Return whether equal networks share scores: of an imported proxy nobody knows what it depends on."""
    return bool(proxy.needs)


def shared(table: Measured, space: Space) -> Measured:
    """Return a table over every network that computes the same function as one in `table`.

    A network keeps its own score of a proxy; one without takes that of the lowest index among equal ones that has
    one. Costs are not shared: they were paid once.
    """
    functions = space.twins(loose_ends=False)
    index = np.flatnonzero(np.isin(functions, functions[table.index]))
    return _over(table, index, space, [is_shared(column.proxy) for column in table.scores])


def whole(table: Measured, space: Space) -> Measured:
    """Return a table over the whole space, if it holds every network or an equal one of some proxy: such are shared.

    The others stay on the networks that they were tried on. A sample is left as it is: the equals of its networks are
    not a random part of the space.
    """
    complete = [is_shared(column.proxy) and _is_complete(column, table.index, space) for column in table.scores]
    return _over(table, np.arange(len(space)), space, complete) if any(complete) else table


def each_shared(tables: Iterable[Measured], known: Mapping[str, Space], *, asked: bool = False) -> list[Measured]:
    """Return the tables as `whole` makes them, or as `shared` where `asked`; those of unknown spaces as they are."""
    sharing = shared if asked else whole
    return [sharing(table, known[table.space]) if table.space in known else table for table in tables]


def without_equals(index: Ints, space: Space) -> bool:
    """Return whether no two of the networks `index` are equal although a random sample would hold equal ones.

    Such is what a part of a `--unique` run leaves. Of random samples less than one in 5,000 is taken for one.
    """
    twins, n = space.twins(loose_ends=True), len(index)
    if len(np.unique(twins[index])) < n:
        return False
    sizes = np.unique(twins, return_counts=True)[1].astype(float)
    pairs = len(space) * (len(space) - 1)
    expected = n * (n - 1) / 2 * (sizes * (sizes - 1)).sum() / pairs if pairs else 0.0
    return bool(expected > SURELY)


def _twins(proxy: Proxy, space: Space) -> Ints:
    return space.twins(loose_ends=proxy.sees_loose_ends)


def _is_complete(column: ProxyScores, index: Ints, space: Space) -> bool:
    twins = _twins(column.proxy, space)
    return len(np.unique(twins[index[column.scored]])) == len(np.unique(twins))


def _over(table: Measured, index: Ints, space: Space, sharing: Sequence[bool]) -> Measured:
    """Return the table over the networks `index`, among them its own; columns that are `sharing` fill what they can."""
    own = np.searchsorted(index, table.index)
    columns = [column.spread(own, len(index)) for column in table.scores]
    filled = [
        _filled(column, _twins(column.proxy, space)[index]) if fills else column
        for column, fills in zip(columns, sharing, strict=True)
    ]
    if all(new is old for new, old in zip(filled, columns, strict=True)):
        return table
    return dataclasses.replace(table, index=index, scores=tuple(filled))


def _filled(column: ProxyScores, twins: Ints) -> ProxyScores:
    """Return the column with the scores of equal networks in the place of those that are missing.

    A number is taken rather than a failure. Where nothing is drawn for a score, a network's own would be the same.
    """
    takes = ~column.scored & np.isin(twins, twins[column.scored])
    if not takes.any():
        return column
    with_score = np.flatnonzero(column.scored)
    with_score = with_score[np.argsort(~column.usable[with_score], kind="stable")]
    known, first = np.unique(twins[with_score], return_index=True)
    where = np.minimum(np.searchsorted(known, twins), len(known) - 1)
    source = np.where(takes, with_score[first[where]], np.arange(len(twins)))
    return dataclasses.replace(
        column.restricted(source),
        seconds=np.where(takes, np.nan, column.seconds),
        source=source if column.proxy.is_drawn else None,
    )
