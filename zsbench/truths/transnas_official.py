"""The official `transnas-bench_v10141024.pth`: every metric of every epoch, one training a network and task.

The plain targets `valid` and `test` are a task's own metric after the last epoch; another metric is named
(`valid-top5`), and so is the best epoch (`valid-best`, `valid-top5-best`). The best of a test metric is selected on
the test set: published tables do so, a search must not. Losses are left out but that of room_layout, negated.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import UsageError, ZsbenchError, ZsbenchWarning
from zsbench.spaces.base import PER_CENT, Dataset, Floats, Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.looks import what_is_wrong
from zsbench.truths.restricted import load_restricted
from zsbench.truths.space import Progress

METRICS = {
    "class_scene": ("top1", "top5"),
    "class_object": ("top1", "top5"),
    "jigsaw": ("top1", "top5"),
    "room_layout": ("neg_loss",),
    "segmentsemantic": ("mIoU", "acc"),
    "normal": ("ssim",),
    "autoencoder": ("ssim",),
}
"""The task's own metric first."""
SPLITS = ("valid", "test")
EPOCHS = {"": "after the last epoch", "-best": "in its best epoch"}
_FORMAT = "is not in the format of TransNAS-Bench-101"
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, UsageError)


def read_official(
    path: Path, progress: Progress, *, space: Space, kind: str, encoder_params: Callable[[], Floats]
) -> list[TruthColumn]:
    """Return every column of the space that the file calls `kind` (micro, macro).

    Warn (`ZsbenchWarning`) if the file states other numbers of parameters than the networks have. Raise `ZsbenchError`
    for a file that is damaged, of another format, or asks for anything to be executed.
    """
    results = _results(load_restricted(path), kind, path)
    columns: dict[tuple[str, str], NDArray[np.float64]] = {}
    checked = _Parameters(space, encoder_params())
    for done, (arch, tasks) in enumerate(results.items(), start=1):
        try:
            index = space.index(arch)
            for task in tasks:
                for target, value in _values(space.dataset(task), tasks[task]["metrics"]):
                    column = columns.setdefault((task, target), np.full(len(space), np.nan))
                    column[index] = value
                checked.compare(index, task, tasks[task].get("model_info", {}))
        except _MALFORMED as error:
            raise ZsbenchError(f"{path} {_FORMAT}: {arch}: {what_is_wrong(error)}") from error
        progress(done, len(results))
    checked.report(path)
    for (task, target), values in columns.items():
        _refuse_fractions(space.dataset(task), target, values, path)
    return [TruthColumn(task, target, _what(task, target), values) for (task, target), values in columns.items()]


def _results(content: Any, kind: str, path: Path) -> dict[str, Any]:
    data = content.get("data") if isinstance(content, dict) else None
    found = data.get(kind) if isinstance(data, dict) else None
    if not isinstance(found, dict) or not found:
        raise ZsbenchError(f"{path} {_FORMAT}: no dictionary data with results of {kind}")
    return found


def _values(task: Dataset, metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield (target, value); one that is no number is left unknown."""
    for place, metric in enumerate(METRICS[task.name]):
        for split in SPLITS:
            epochs = _epochs(metrics, split, metric)
            base = split if place == 0 else f"{split}-{metric.lower()}"
            for suffix, value in (("", epochs[-1]), ("-best", max(epochs, key=_or_lowest))):
                if not math.isnan(value):
                    task.quantity.check(value)
                    yield base + suffix, value


def _or_lowest(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _epochs(metrics: Mapping[str, Any], split: str, metric: str) -> list[float]:
    if metric == "neg_loss" and f"{split}_neg_loss" not in metrics:
        return [-float(value) for value in metrics[f"{split}_loss"]]
    return [float(value) for value in metrics[f"{split}_{metric}"]]


def _refuse_fractions(task: Dataset, target: str, values: Floats, path: Path) -> None:
    if task.quantity == PER_CENT and np.nanmax(values) <= 1:
        raise ZsbenchError(
            f"{path} has no per cent: {task.name} {target} lies between {np.nanmin(values):g} and "
            f"{np.nanmax(values):g}",
            "fractions? The official file has per cent",
        )


def _what(task: str, target: str) -> str:
    split, *_ = target.split("-")
    metric = next((m for m in METRICS[task][1:] if f"-{m.lower()}" in target), METRICS[task][0])
    best = target.endswith("-best")
    selected = ", selected on the test set" if best and split == "test" else ""
    return (
        f"TransNAS-Bench-101 {task} {split} {metric} {EPOCHS['-best' if best else '']}{selected}, one training (seed "
        "666); higher is better"
    )


class _Parameters:
    """Counts the architectures whose stated parameters, in units or millions, aren't those of our networks."""

    def __init__(self, space: Space, encoders: Floats) -> None:
        self._ours = {(task.name, "model_params"): space.costs(task.name)["params"] for task in space.datasets}
        self._ours |= {(task.name, "encoder_params"): encoders for task in space.datasets}
        self._wrong: dict[tuple[str, str], set[int]] = {}

    def compare(self, index: int, task: str, info: Mapping[str, Any]) -> None:
        for name, stated in info.items():
            if (task, name) in self._ours and isinstance(stated, (int, float)):
                ours = float(self._ours[task, name][index])
                if not any(math.isclose(stated * unit, ours, rel_tol=1e-4) for unit in (1, 1e6)):
                    self._wrong.setdefault((task, name), set()).add(index)

    def report(self, path: Path) -> None:
        for (task, name), indices in self._wrong.items():
            warnings.warn(
                f"{path.name} states other {name} of {task} than the networks have for {len(indices):,} "
                f"architectures, such as {min(indices)}; zsbench uses its own",
                ZsbenchWarning,
                stacklevel=3,
            )
