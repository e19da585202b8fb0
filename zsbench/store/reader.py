"""Reading a scores folder: every readable file merged into one view, the rest reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zsbench.errors import ZsbenchError
from zsbench.store.files import reason, score_files
from zsbench.store.format import HEAD, FileProblemError, StoredFile, decode
from zsbench.store.model import Bools, Problem, ScoreColumn, Scores, ScoreSet, StoredSet
from zsbench.store.union import union_all

_TRIES = 5


@dataclass(frozen=True, eq=False)
class LoadedFile:
    """A score file as it was when it was read."""

    path: Path
    stamp: bytes
    """Its head, checksum included: another content has another stamp."""
    size: int
    content: StoredFile


def read_scores(
    folder: Path,
    *,
    space: str | None = None,
    dataset: str | None = None,
    versions: Mapping[str, int] | None = None,
) -> Scores:
    """Return all scores stored in `folder`, each counted once, and a list of what could not be read.

    `versions` gives the version of each proxy's definition that counts; of proxies it does not name the newest
    stored one does. Scores of other versions are counted as stale, never mixed in. Raises `ZsbenchError` only if
    the folder itself cannot be read; a missing folder holds no scores.
    """
    files, problems = load_folder(folder, space=space, dataset=dataset)
    return combine(files, problems, versions)


def read_score_file(path: Path, *, versions: Mapping[str, int] | None = None) -> Scores:
    """Return the scores of one file, such as a published one; raise `ZsbenchError` if it cannot be read."""
    try:
        file = _load(path, None, None)
    except FileNotFoundError as error:
        raise ZsbenchError(f"no such file: {path}") from error
    except FileProblemError as error:
        raise ZsbenchError(f"cannot read {path}: {error.message}", error.hint) from error
    return combine([file], [], versions)


def load_folder(
    folder: Path, *, space: str | None = None, dataset: str | None = None
) -> tuple[list[LoadedFile], list[Problem]]:
    """Return the readable files of a folder, the oldest first, and the others as problems."""
    for _ in range(_TRIES):
        try:
            return _load_all(score_files(folder), space, dataset)
        except FileNotFoundError:
            continue  # a merge has just put this file's scores into another one: look again
    raise ZsbenchError(f"files keep vanishing from {folder} while it is read", "wait for the running merge, then retry")


def combine(
    files: Sequence[LoadedFile], problems: Sequence[Problem], versions: Mapping[str, int] | None = None
) -> Scores:
    """Merge loaded files (the oldest first) into one view."""
    merged, conflicts = union_all(stored for file in files for stored in file.content.sets)
    found = [*problems]
    found += [Problem(file.path, text) for file in files for text in file.content.problems]
    found += [Problem(files[0].path.parent, str(conflict)) for conflict in conflicts]
    return Scores(tuple(_select(stored, versions or {}) for stored in merged), tuple(found))


def _load_all(paths: Sequence[Path], space: str | None, dataset: str | None) -> tuple[list[LoadedFile], list[Problem]]:
    files, problems = [], []
    for path in paths:
        try:
            files.append(_load(path, space, dataset))
        except FileProblemError as error:
            problems.append(Problem(path, f"{error.message} ({error.hint})" if error.hint else error.message))
    return sorted(files, key=lambda file: file.content.written), problems


def _load(path: Path, space: str | None, dataset: str | None) -> LoadedFile:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FileProblemError(f"cannot be read: {reason(error)}") from error
    return LoadedFile(path, data[:HEAD], len(data), decode(data, space=space, dataset=dataset))


def _select(stored: StoredSet, versions: Mapping[str, int]) -> ScoreSet:
    newest: dict[str, int] = {}
    for proxy, version in stored.columns:
        newest[proxy] = max(version, newest.get(proxy, version))
    columns: dict[str, ScoreColumn] = {}
    stale: dict[str, int] = {}
    for (proxy, version), column in sorted(stored.columns.items()):
        if version == versions.get(proxy, newest[proxy]):
            columns[proxy] = column
        elif count := int(column.scored.sum()):
            stale[proxy] = stale.get(proxy, 0) + count
    return _without_empty_rows(stored, columns, stale)


def _without_empty_rows(stored: StoredSet, columns: dict[str, ScoreColumn], stale: dict[str, int]) -> ScoreSet:
    columns = {proxy: column for proxy, column in columns.items() if column.scored.any()}
    kept: Bools = np.zeros(len(stored.index), dtype=bool)
    for column in columns.values():
        kept |= column.scored
    index, arch = stored.index, stored.arch
    if not kept.all():
        index, arch = index[kept], arch[kept]
        columns = {proxy: column.rows(kept) for proxy, column in columns.items()}
    return ScoreSet(stored.space, stored.dataset, stored.conditions, index, arch, columns, stale)
