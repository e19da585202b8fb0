"""Other people's scores of the same networks, beside ours: `synflow@suite-zero` next to `synflow`.

They are stored under their source's name and never mixed with ours. In a table of ours they stand for the networks that
we scored, so that implementations compare over the same networks; asked for alone, or where we scored nothing, they
are a table of their own, over all networks that they have.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zsbench.registry import Proxy
from zsbench.tables.measured import Measured, measured
from zsbench.tables.mixed import joined

if TYPE_CHECKING:
    from zsbench.store import ScoreSet

AT = "@"
"""What stands between a proxy's name and the source of its scores."""


def foreign_proxies(sets: Iterable[ScoreSet], known: Mapping[str, Proxy]) -> dict[str, Proxy]:
    """Return, by name, what stored sets of other sources hold: `NAME@SOURCE`.

    Of a proxy that is `known` here they have family, direction and citation; of others a higher score is better.
    """
    names = {name for scores in sets if scores.conditions.are_theirs for name in scores.columns}
    return {name: _foreign(name, known.get(name.rpartition(AT)[0])) for name in sorted(names)}


def _foreign(name: str, ours: Proxy | None) -> Proxy:
    if ours is not None:
        return dataclasses.replace(ours, name=name, needs=(), of=(), experimental="")
    return Proxy(
        name=name,
        score=_computed_elsewhere,
        needs=(),
        higher_is_better=True,
        family="",
        criterion="",
        cite="",
        version=1,
        of=(),
        experimental="",
    )


def _computed_elsewhere(*_evidence: Any) -> float:
    raise NotImplementedError("another project computed these scores")


def ours_and_theirs(sets: Iterable[ScoreSet], known: Mapping[str, Proxy]) -> tuple[list[Measured], list[Measured]]:
    """Return the tables of our scores, and those of other sources."""
    stored = list(sets)
    theirs = measured((one for one in stored if one.conditions.are_theirs), foreign_proxies(stored, known))
    return measured((one for one in stored if not one.conditions.are_theirs), known), theirs


def beside(ours: Sequence[Measured], theirs: Sequence[Measured], asked: Sequence[Proxy]) -> list[Measured]:
    """Return our tables with other people's scores of the same networks; alone where none of ours is asked for.

    Only scores that are `asked` for come along.
    """
    names = {part for proxy in asked for part in (proxy.of or (proxy.name,))}
    wanted = [one for table in theirs if (one := _only(table, names)).scores]
    foreign = {(table.space, table.dataset) for table in wanted}
    found = [table for table in ours if (table.space, table.dataset) not in foreign or _has(table, names)]
    there = {(table.space, table.dataset) for table in found}
    alone = joined([table for table in wanted if (table.space, table.dataset) not in there])
    return [_with(table, wanted) for table in found] + [dataclasses.replace(table, label="") for table in alone]


def _only(table: Measured, names: set[str]) -> Measured:
    return dataclasses.replace(table, scores=tuple(column for column in table.scores if column.measures in names))


def _has(table: Measured, names: set[str]) -> bool:
    return bool(names & {*(column.measures for column in table.scores), *table.undefined})


def _with(ours: Measured, theirs: Sequence[Measured]) -> Measured:
    """Return a table of ours with the columns of others over the same networks, where they have any of those."""
    added = []
    for table in theirs:
        if (table.space, table.dataset) != (ours.space, ours.dataset):
            continue
        common, here, there = np.intersect1d(ours.index[ours.tried], table.index, return_indices=True)
        places = np.flatnonzero(ours.tried)[here]
        columns = [column.restricted(there).spread(places, len(ours.index)) for column in table.scores if len(common)]
        added += [column for column in columns if column.scored.any()]
    return dataclasses.replace(ours, scores=(*ours.scores, *added)) if added else ours
