"""The official `nas-bench-macro_cifar10.json`: three test accuracies an architecture, parameters and FLOPs."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from zsbench.errors import UsageError, ZsbenchError
from zsbench.spaces.base import Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.looks import looks_like, what_is_wrong
from zsbench.truths.runs import Runs
from zsbench.truths.space import Progress

FIELDS = {"test_acc", "mean_acc", "std", "params", "flops"}
WHAT = (
    "NAS-Bench-Macro test accuracy, best of 50 epochs as measured on the test set, mean over three runs "
    "(a network's isomorphic twins share its record)"
)


def read_official(path: Path, progress: Progress, *, space: Space) -> list[TruthColumn]:
    """Return the column `test` with its three runs.

    Raise `ZsbenchError` for a file that is damaged or of another format, and for an entry that contradicts itself, or
    whose parameters or FLOPs aren't those of the network.
    """
    entries = _parsed(path)
    runs = Runs(len(space), path)
    costs = space.costs("cifar10")
    for done, (arch, entry) in enumerate(entries.items(), start=1):
        try:
            _collect(runs, space.index(arch) if len(arch) == len(space.example) else None, entry, costs)
        except (UsageError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ZsbenchError(
                f"{path} is not in the format of NAS-Bench-Macro: entry {arch[:20]!r}: {what_is_wrong(error)}",
                "is it the authors' nas-bench-macro_cifar10.json, unchanged?",
            ) from error
        progress(done, len(entries))
    return [runs.column("test", "cifar10", "test", WHAT)]


def _collect(runs: Runs, index: int | None, entry: Any, costs: Any) -> None:
    if index is None:
        raise ValueError("no architecture: eight digits are due")
    if set(entry) != FIELDS:
        odd = sorted(set(entry) ^ FIELDS)
        raise ValueError(f"fields {', '.join(odd)} are unknown or missing")
    if abs(sum(entry["test_acc"]) / len(entry["test_acc"]) - entry["mean_acc"]) > 1e-3:
        raise ValueError(f"mean_acc {entry['mean_acc']} is not the mean of {entry['test_acc']}")
    for name in ("params", "flops"):
        if entry[name] != costs[name][index]:
            raise ValueError(f"{name} is {entry[name]}, the network has {costs[name][index]:.0f}")
    for run, accuracy in enumerate(entry["test_acc"]):
        runs.add("test", run, index, accuracy)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        if path.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
        entries = json.loads(content, object_pairs_hook=_without_doubles)
    except _DoubleKeyError as error:
        raise ZsbenchError(f"{path} has two different entries for {error}", "fetch it again") from error
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise ZsbenchError(
            f"{path} is truncated or no JSON ({reason}): it looks like {looks_like(path)}", "fetch it again"
        ) from error
    if not isinstance(entries, dict) or not entries:
        raise ZsbenchError(
            f"{path} is not in the format of NAS-Bench-Macro: no object of architectures",
            "is it the authors' nas-bench-macro_cifar10.json, unchanged?",
        )
    return entries


class _DoubleKeyError(Exception):
    """Raised while parsing, with the key."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key, value in pairs:
        if key in known and known[key] != value:
            raise _DoubleKeyError(key)
        known[key] = value
    return known
