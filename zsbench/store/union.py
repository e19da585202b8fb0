"""Putting stored sets together so that a score that occurs twice counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.conditions import Conditions
from zsbench.score import Score, Status
from zsbench.store.model import (
    CODES,
    MISSING,
    RETRIED,
    Bools,
    ColumnKey,
    Ints,
    ScoreColumn,
    StoredSet,
)

_RANK = np.zeros(len(CODES) + 1, dtype=np.uint8)
"""Of two scores of one network by one definition the one of higher rank stays; of equals, the newer."""
for _status, _code in CODES.items():
    _RANK[_code] = 3 if _status in (Status.OK, Status.DEGENERATE) else 1 if _status in RETRIED else 2


@dataclass(frozen=True)
class Conflict:
    """An index that stands for two architectures in two files; the older one's scores are not used."""

    index: int
    used: str
    left_out: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"index {self.index} is {self.used} in a newer file; the scores of {self.left_out} are left out"


def from_scores(space: str, dataset: str, conditions: Conditions, scores: Iterable[Score]) -> StoredSet:
    """Return scores as columns; of two scores of the same definition and network the later one counts."""
    archs: dict[int, str] = {}
    by_column: dict[ColumnKey, list[Score]] = {}
    for score in scores:
        if archs.setdefault(score.index, score.arch) != score.arch:
            msg = f"index {score.index} is both {archs[score.index]} and {score.arch}"
            raise ValueError(msg)
        by_column.setdefault((score.proxy, score.version), []).append(score)
    index = np.array(sorted(archs), dtype=np.int64)
    arch = np.empty(len(index), dtype=object)
    arch[:] = [archs[i] for i in index.tolist()]
    columns = {key: _column(key[1], index, found) for key, found in sorted(by_column.items())}
    return StoredSet(space, dataset, conditions, index, arch, columns)


def union(pieces: Sequence[StoredSet]) -> tuple[StoredSet, list[Conflict]]:
    """Merge sets of one key, the newest last; return the merged set and the rows that could not be merged."""
    newest = pieces[-1]
    if len(pieces) == 1 and (np.diff(newest.index) > 0).all():
        return newest, []
    index = np.unique(np.concatenate([piece.index for piece in pieces]))
    rows = [np.searchsorted(index, piece.index) for piece in pieces]
    arch = np.empty(len(index), dtype=object)
    for piece, at in zip(pieces, rows, strict=True):
        arch[at] = piece.arch
    same = [np.asarray(arch[at] == piece.arch, dtype=bool) for piece, at in zip(pieces, rows, strict=True)]
    conflicts = [
        Conflict(int(piece.index[i]), str(arch[at[i]]), str(piece.arch[i]))
        for piece, at, agrees in zip(pieces, rows, same, strict=True)
        for i in np.flatnonzero(~agrees)
    ]
    columns: dict[ColumnKey, ScoreColumn] = {}
    for key in sorted({key for piece in pieces for key in piece.columns}):
        column = _empty(key[1], len(index))
        for piece, at, agrees in zip(pieces, rows, same, strict=True):
            if key in piece.columns:
                _lay_over(column, piece.columns[key], at, agrees)
        columns[key] = column
    return StoredSet(newest.space, newest.dataset, newest.conditions, index, arch, columns), conflicts


def union_all(pieces: Iterable[StoredSet]) -> tuple[list[StoredSet], list[Conflict]]:
    """Merge sets of any keys, the newest last; return one a key, sorted by key, and all conflicts."""
    by_key: dict[tuple[str, str, str], list[StoredSet]] = {}
    for piece in pieces:
        by_key.setdefault(piece.key, []).append(piece)
    merged, conflicts = [], []
    for _, group in sorted(by_key.items()):
        one, found = union(group)
        merged.append(one)
        conflicts += found
    return merged, conflicts


def _empty(version: int, n: int) -> ScoreColumn:
    return ScoreColumn(
        version=version,
        value=np.full(n, np.nan),
        status=np.full(n, MISSING, dtype=np.uint8),
        seconds=np.full(n, np.nan),
        reason=np.full(n, "", dtype=object),
    )


def _lay_over(column: ScoreColumn, newer: ScoreColumn, at: Ints, usable: Bools) -> None:
    wins = usable & (_RANK[newer.status] >= _RANK[column.status[at]])
    target = at[wins]
    column.value[target] = newer.value[wins]
    column.status[target] = newer.status[wins]
    column.seconds[target] = newer.seconds[wins]
    column.reason[target] = newer.reason[wins]


def _column(version: int, index: Ints, scores: Sequence[Score]) -> ScoreColumn:
    column = _empty(version, len(index))
    at = np.searchsorted(index, np.array([s.index for s in scores], dtype=np.int64))
    # numpy keeps the last of repeated targets, so the later of two scores counts
    column.value[at] = [s.value for s in scores]
    column.status[at] = [CODES[s.status] for s in scores]
    column.seconds[at] = [s.seconds for s in scores]
    column.reason[at] = [s.reason for s in scores]
    return column
