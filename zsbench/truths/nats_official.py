"""The official archives of NATS-Bench in their `simple` format: one small bz2 pickle an architecture.

Read as documented, through the restricted unpickler, without the authors' package: its query returns one seed of
several at random unless told otherwise, and the 12-epoch training unless told otherwise. Here every seed is read, from
every training: the longest one's columns are plain (`test`), the others name their epochs (`test-12ep`).
"""

from __future__ import annotations

import bz2
import re
import tarfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core.multiarray import scalar

from zsbench.errors import ZsbenchError
from zsbench.pickles import load_pickle
from zsbench.spaces.base import Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.looks import what_is_wrong
from zsbench.truths.runs import Runs
from zsbench.truths.space import Progress
from zsbench.truths.stated import Stated

NOTE = "the complete archive takes some ten minutes"
COLUMNS = (
    ("cifar10", "valid", "cifar10-valid", "x-valid"),
    ("cifar10", "test", "cifar10", "ori-test"),
    ("cifar10", "test-25k", "cifar10-valid", "ori-test"),
    ("cifar100", "valid", "cifar100", "x-valid"),
    ("cifar100", "test", "cifar100", "x-test"),
    ("ImageNet16-120", "valid", "ImageNet16-120", "x-valid"),
    ("ImageNet16-120", "test", "ImageNet16-120", "x-test"),
)
"""(dataset, target, training, evaluation): the last two in the archive's words. cifar10-valid trains on 25k images."""

_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "scalar"): scalar,  # as NumPy 1 spelt it, and the official files do
    ("numpy._core.multiarray", "scalar"): scalar,
}
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read_archive(path: Path, progress: Progress, *, space: Space, full: str) -> list[TruthColumn]:
    """Return every column of a tar archive or unpacked folder, mean over seeds after each training's last epoch.

    `full` is the archive's name of the longest training (`200`, `90`). Warn (`ZsbenchWarning`) if parameters or
    multiply-accumulates stated for a run aren't those of the network. Raise `ZsbenchError` for an archive that is
    damaged, of the other space, or asks for anything to be executed.
    """
    archive = _Archive(path, space)
    done = 0
    for name, content in _members(path):
        number = re.fullmatch(r"(\d{6}|meta)\.pickle\.pbz2", name)
        if number is None:
            continue
        found = _load(content, path / name)
        if number[1] == "meta":
            archive.check_meta(found)
            continue
        archive.collect(int(number[1]), found)
        done += 1
        progress(done, len(space))
    if not done:
        raise ZsbenchError(f"{path} holds no results: no file is called like 000000.pickle.pbz2", "is it whole?")
    archive.stated.report()
    return archive.columns(full)


class _Archive:
    def __init__(self, path: Path, space: Space) -> None:
        self.path = path
        self.space = space
        self.runs = Runs(len(space), path)
        self.stated = Stated(space, path)
        self.budgets: set[str] = set()

    def check_meta(self, meta: Any) -> None:
        archs = meta.get("meta_archs") if isinstance(meta, dict) else None
        if not isinstance(archs, list) or not archs:
            raise ZsbenchError(f"{self.path} is not in the format of NATS-Bench: its meta file lists no architectures")
        mine = self.space.arch(0)
        if len(archs) != len(self.space) or archs[0] != mine:
            raise ZsbenchError(
                f"{self.path} belongs to another space: it has {len(archs):,} architectures, the first is {archs[0]}",
                f"{self.space.name} has {len(self.space):,}, the first is {mine}",
            )

    def collect(self, number: int, found: Any) -> None:
        """Keep the accuracies of one architecture's file."""
        try:
            for budget, archive in found.items():
                arch = self.space.arch(number) if number < len(self.space) else "not in the space"
                if archive["arch_str"] != arch or archive["arch_index"] != number:
                    raise ValueError(f"it holds results of {archive['arch_str']}, but number {number} is {arch}")
                self.budgets.add(str(int(budget)))
                for (training, seed), run in archive["all_results"].items():
                    self._run(number, str(int(budget)), training, int(seed), run)
        except _MALFORMED as error:
            raise ZsbenchError(
                f"{self.path} is not in the format of NATS-Bench: {number:06d}: {what_is_wrong(error)}"
            ) from error

    def _run(self, number: int, budget: str, training: str, seed: int, run: Any) -> None:
        if run["epochs"] != int(budget):
            raise ValueError(f"trained for {run['epochs']} epochs instead of {budget}")
        for place, (dataset, _, of, evaluation) in enumerate(COLUMNS):
            if of != training:
                continue
            accuracy = run["eval_acc1es"].get(f"{evaluation}@{int(budget) - 1}")
            if accuracy is not None:
                self.runs.add((place, budget), seed, number, float(accuracy))
            self.stated.check(dataset, number, params=run["params"], flops=run["flop"])

    def columns(self, full: str) -> list[TruthColumn]:
        """Return the columns, those of the longest training first."""
        made = []
        for budget in sorted(self.budgets, key=int, reverse=True):
            for place, (dataset, target, training, evaluation) in enumerate(COLUMNS):
                key = (place, budget)
                if key not in self.runs:
                    continue
                seeds = ", ".join(map(str, self.runs.seeds(key)))
                what = (
                    f"NATS-Bench {evaluation} accuracy after {budget} epochs, {training} training, "
                    f"mean over seeds {seeds} where run"
                )
                named = target if budget == full else f"{target}-{budget}ep"
                made.append(self.runs.column(key, dataset, named, what))
        if not made:
            raise ZsbenchError(f"{self.path} has no accuracies")
        return made


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of every file, in order of a folder's names (`meta` first) or as the archive has them."""
    if path.is_dir():
        for file in sorted(path.glob("*.pickle.pbz2"), key=lambda file: (file.name[0].isdecimal(), file.name)):
            yield file.name, file.read_bytes()
        return
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield member.name.rpartition("/")[2], content.read()
    except (tarfile.TarError, OSError) as error:
        raise ZsbenchError(f"{path} is truncated or no tar archive: {error}", "fetch it again") from error
    with path.open("rb") as end:
        end.seek(-512, 2)
        if end.read().strip(b"\0"):
            raise ZsbenchError(f"{path} is truncated: a tar archive ends with empty blocks", "fetch it again")


def _load(content: bytes, origin: Path) -> Any:
    try:
        raw = bz2.decompress(content)
    except (OSError, ValueError, EOFError) as error:
        raise ZsbenchError(f"{origin} is damaged: {error}", "fetch it again") from error
    return load_pickle(raw, origin, _ALLOWED)
