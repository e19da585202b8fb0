"""Storing scores while they are measured: one file a run, rewritten whole, so that what is on disk always opens."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance, now
from zsbench.score import Score
from zsbench.store.files import ensure_writable, new_path, write_whole
from zsbench.store.format import encode, valid_name
from zsbench.store.model import StoredSet, value_fits
from zsbench.store.union import from_scores, union_all

_Key: TypeAlias = "tuple[str, str, Conditions]"

MAX_SHARE = 0.01
"""Writing may take this share of a run: after a slow write the next one waits longer."""
PART_SCORES = 500_000
"""A run that scores more goes on in a further file, so that no rewrite ever takes long."""


class Writer:
    """Collects the scores of one run and puts them on disk every few seconds; a context manager.

    Nobody else writes to this run's file, so there is no lock, and two runs at once cannot meet. A killed run loses
    at most what was added within the last `interval` seconds. A run that stored nothing leaves no file.
    """

    def __init__(self, folder: Path, provenance: Provenance, interval: float = 5.0) -> None:
        """Store into `folder`, writing at most every `interval` seconds."""
        self.folder = folder
        self.provenance = provenance
        self.interval = interval
        self.files: list[Path] = []
        """What this run has written so far, oldest first."""
        self._path = new_path(folder, "run")
        self._archs: dict[tuple[str, int], str] = {}
        self._stored: list[StoredSet] = []
        self._pending: dict[_Key, list[Score]] = {}
        self._failed = False
        self._due = time.monotonic() + interval

    def __enter__(self) -> Self:
        """Check that the folder can be written, before anything is measured; raise `ZsbenchError` if not."""
        ensure_writable(self.folder)
        self._due = time.monotonic() + self.interval
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Write the rest, also when the run was interrupted or failed, unless writing itself has failed."""
        if not self._failed:
            self.flush()

    def add(self, space: str, dataset: str, conditions: Conditions, scores: Iterable[Score]) -> None:
        """Take scores over, and write if it is time; raise `ZsbenchError` if that fails.

        Raises `ValueError` for a score whose value contradicts its status, and for two archs of one index.
        """
        for name in (space, dataset):
            _check_name(name)
        new = list(scores)
        for score in new:
            _check_name(score.proxy)
            if self._archs.setdefault((space, score.index), score.arch) != score.arch:
                msg = f"index {score.index} is {self._archs[space, score.index]} and {score.arch}"
                raise ValueError(msg)
            if not value_fits(score.status, score.value):
                msg = f"{score.proxy} of {score.arch}: status {score.status} does not go with the value {score.value}"
                raise ValueError(msg)
        self._pending.setdefault((space, dataset, conditions), []).extend(new)
        if time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Put everything added so far on disk; raise `ZsbenchError` if that fails (older files stay as they are)."""
        if not any(self._pending.values()):
            return
        start = time.monotonic()
        new = [from_scores(*key, scores) for key, scores in self._pending.items()]
        stored, _ = union_all([*self._stored, *new])
        try:
            write_whole(self._path, encode(stored, [self.provenance], now()))
        except ZsbenchError:
            self._failed = True
            raise
        # An interrupt between the next lines only makes the same scores be laid over themselves once more.
        self._stored = stored
        self._pending = {}
        if self._path not in self.files:
            self.files.append(self._path)
        if sum(len(s.index) * len(s.columns) for s in stored) >= PART_SCORES:
            self._path, self._stored = new_path(self.folder, "run"), []
        cost = time.monotonic() - start
        self._due = time.monotonic() + max(self.interval, cost / MAX_SHARE)


def _check_name(name: str) -> None:
    if not valid_name(name):
        msg = f"{name!r} cannot name a space, dataset or proxy in the store"
        raise ValueError(msg)
