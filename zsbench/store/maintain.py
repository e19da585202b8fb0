"""Upkeep of a scores folder: compact it, check it, take something out. No lock; safe beside running writers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance, now
from zsbench.score import Status
from zsbench.store.files import SUFFIX, new_path, reason, remove_leftovers, write_whole
from zsbench.store.format import HEAD, encode
from zsbench.store.model import Problem, ScoreColumn, ScoreSet, StoredSet
from zsbench.store.reader import LoadedFile, combine, load_folder
from zsbench.store.union import union_all


@dataclass(frozen=True)
class MergeReport:
    """What `merge` did."""

    files: int
    """Files whose scores now lie in `path`."""
    path: Path | None
    """The new file; None if there was nothing to merge."""
    scores: int
    """Scores in the new file, or in the one file there is."""
    leftovers: int
    """Half-written files of killed runs that were removed."""
    kept: tuple[Problem, ...]
    """Files that cannot be read in full; they stay as they are."""


@dataclass(frozen=True)
class VerifyReport:
    """What `verify` found."""

    files: int
    scores: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Selection:
    """The scores that fit everything given; what is None is not asked for."""

    space: str | None = None
    dataset: str | None = None
    conditions: str | None = None
    """An id."""
    proxies: Collection[str] | None = None
    but: Mapping[str, int] | None = None
    """Today's version of each proxy: scores of that are not selected, nor those of proxies that are not named."""

    def without(self, stored: StoredSet) -> StoredSet:
        """Return the set without the columns that are selected."""
        wanted = (self.space, self.dataset, self.conditions)
        if not all(want in (None, have) for want, have in zip(wanted, stored.key, strict=True)):
            return stored
        return replace(stored, columns={key: c for key, c in stored.columns.items() if not self._has(*key)})

    def _has(self, proxy: str, version: int) -> bool:
        if self.proxies is not None and proxy not in self.proxies:
            return False
        return self.but is None or self.but.get(proxy, version) != version


@dataclass(frozen=True)
class RemoveReport:
    """What `remove` took out, or would take out."""

    scores: int
    files: int
    """Files that held them."""
    kept: tuple[Problem, ...]
    """Files that cannot be read in full; they stay as they are."""


@dataclass(frozen=True, eq=False)
class SetSize:
    """A stored set and what it takes on disk."""

    scores: ScoreSet
    files: int
    size: int
    """Bytes: its share, by number of scores, of each file that holds a part of it."""


def merge(folder: Path) -> MergeReport:
    """Compact all files that can be read in full into one; raise `ZsbenchError` if that fails.

    The new file is complete on disk before any old one goes, and a score that is in both counts once, so this may
    be killed at any moment and run beside writers and other merges.
    """
    whole, kept, merged = _whole(folder)
    leftovers = remove_leftovers(folder)
    scores = _count(merged)
    if len(whole) < 2:
        return MergeReport(0, None, scores, leftovers, tuple(kept))
    path = new_path(folder, "merged")
    write_whole(path, encode(merged, _provenance(whole), now(), compress=True))
    for file in whole:
        _discard(file)
    return MergeReport(len(whole), path, scores, leftovers, tuple(kept))


def gather(folder: Path, path: Path) -> MergeReport:
    """Write all scores of a folder that can be read in full into one file elsewhere; the folder stays as it is.

    Raises `ZsbenchError` if files contradict each other or the file cannot be written.
    """
    whole, kept, merged = _whole(folder)
    write_whole(path, encode(merged, _provenance(whole), now(), compress=True))
    return MergeReport(len(whole), path, _count(merged), 0, tuple(kept))


def _whole(folder: Path) -> tuple[list[LoadedFile], list[Problem], list[StoredSet]]:
    """Return the files that can be read in full, what keeps others from it, and the union of the former."""
    files, problems = load_folder(folder)
    whole = [file for file in files if not file.content.problems]
    kept = [*problems, *(Problem(file.path, text) for file in files for text in file.content.problems)]
    merged, conflicts = union_all(stored for file in whole for stored in file.content.sets)
    if conflicts:
        raise ZsbenchError(
            f"these files contradict each other: {conflicts[0]}", "remove one side: `zsbench scores rm --space ...`"
        )
    return whole, kept, merged


def verify(folder: Path) -> VerifyReport:
    """Read every file (checksum, schema, shapes, types, statuses) and hold every value against its status."""
    files, problems = load_folder(folder)
    found = [*combine(files, problems).problems]
    for file in files:
        for stored in file.content.sets:
            for (proxy, version), column in stored.columns.items():
                place = f"{'/'.join(stored.key)}/{proxy} version {version}"
                found += [Problem(file.path, f"{place}: {text}") for text in _contradictions(column)]
    return VerifyReport(len(files) + len(problems), _count(s for f in files for s in f.content.sets), tuple(found))


def remove(folder: Path, selection: Selection, *, dry_run: bool = False) -> RemoveReport:
    """Take out every score that `selection` names; `dry_run` only counts.

    A run that is still going will write its own scores again. Raises `ZsbenchError` if a file cannot be replaced.
    """
    files, problems = load_folder(folder)
    removed = touched = 0
    for file in files:
        rest = [selection.without(stored) for stored in file.content.sets]
        gone = _count(file.content.sets) - _count(rest)
        if gone and file.content.problems:
            problems.append(Problem(file.path, file.content.problems[0]))
        elif gone:
            removed, touched = removed + gone, touched + 1
            if not dry_run:
                _replace(file, [stored for stored in rest if stored.columns])
    return RemoveReport(removed, touched, tuple(problems))


def sizes(files: Sequence[LoadedFile], sets: Iterable[ScoreSet]) -> list[SetSize]:
    """Return how many files, and which share of their bytes, each set takes."""
    shares: dict[tuple[str, str, str], list[float]] = {}
    for file in files:
        total = _count(file.content.sets)
        for stored in file.content.sets:
            shares.setdefault(stored.key, []).append(file.size * _count([stored]) / max(total, 1))
    keyed = [(s, shares.get((s.space, s.dataset, s.conditions.id), [])) for s in sets]
    return [SetSize(s, len(share), round(sum(share))) for s, share in keyed]


def _count(sets: Iterable[StoredSet]) -> int:
    return sum(int(column.scored.sum()) for stored in sets for column in stored.columns.values())


def _provenance(files: Iterable[LoadedFile]) -> list[Provenance]:
    once = {p.to_json(): p for file in files for p in file.content.provenance}
    return list(once.values())


def _replace(file: LoadedFile, sets: Sequence[StoredSet]) -> None:
    """Put `sets` into a new file in place of `file`; never write over a path that a running writer owns."""
    if sets:
        write_whole(new_path(file.path.parent, "kept"), encode(sets, file.content.provenance, file.content.written))
    _discard(file)


def _discard(file: LoadedFile) -> None:
    """Delete a file whose scores lie elsewhere, unless its writer has replaced it since it was read.

    Looking first and deleting then would leave a moment in which a writer's last words get lost. So the file is
    first moved out of its writer's reach, to another name that readers read as well, and looked at there.
    """
    aside = file.path.with_name(f"{file.path.stem}-aside{SUFFIX}")
    try:
        file.path.rename(aside)
        with aside.open("rb") as now_there:
            if now_there.read(HEAD) != file.stamp:
                return
        aside.unlink()
    except FileNotFoundError:
        return  # another merge was faster
    except OSError as error:
        raise ZsbenchError(
            f"cannot remove {file.path}: {reason(error)}", "nothing is lost: its scores are counted once all the same"
        ) from error


def _contradictions(column: ScoreColumn) -> list[str]:
    finite, none = np.isfinite(column.value), np.isnan(column.value)
    wrong = {
        "ok without a finite value": column.has(Status.OK) & ~finite,
        "degenerate with an infinite value": column.has(Status.DEGENERATE) & ~finite & ~none,
        "a value beside a status that has none": ~column.has(Status.OK, Status.DEGENERATE) & ~none,
        "negative or infinite seconds": (column.seconds < 0) | np.isinf(column.seconds),
    }
    return [f"{int(where.sum())} x {what}" for what, where in wrong.items() if where.any()]
