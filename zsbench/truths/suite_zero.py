"""Accuracies in the files of NAS-Bench-Suite-Zero and zero-cost-nas, under names that say what they are.

NAS-Bench-Suite-Zero calls all of them `val_accuracy`. For NAS-Bench-201 it is the *test* accuracy of a single training,
for NAS-Bench-101 the validation accuracy of one of three, for TransNAS-Bench-101 the validation metric of the best
epoch. zero-cost-nas has means over the trainings of NAS-Bench-201 v1.0.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.exchange import suite_zero, zero_cost_nas
from zsbench.exchange.reading import Reading
from zsbench.spaces.base import PER_CENT, Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.space import OfficialFile, Progress

_SUITE = "NAS-Bench-Suite-Zero's val_accuracy: "
_TRANSNAS = ("valid-best", _SUITE + "the task's validation metric in its best epoch")
_SEGMENTATION = ("valid-acc-best", _SUITE + "validation pixel accuracy in its best epoch")
_WORDS = {
    ("nb201", "cifar10", "val_accuracy"): (
        "test-one-run",
        _SUITE + "test accuracy of one training (seed 888) on half of the training images (cifar10-valid), 200 epochs",
    ),
    ("nb201", "", "val_accuracy"): ("test-one-run", _SUITE + "test accuracy of one training (seed 888), 200 epochs"),
    ("nb101", "", "val_accuracy"): (
        "valid-one-run",
        _SUITE + "validation accuracy of one of three trainings, 108 epochs, which one is not said",
    ),
    ("transnas-micro", "", "val_accuracy"): _TRANSNAS,
    ("transnas-macro", "", "val_accuracy"): _TRANSNAS,
    ("transnas-micro", "segmentsemantic", "val_accuracy"): _SEGMENTATION,
    ("transnas-macro", "segmentsemantic", "val_accuracy"): _SEGMENTATION,
    ("nb201", "", "valacc"): ("valid-v1.0", "NAS-Bench-201 v1.0 validation accuracy, 200 epochs, mean over runs"),
    ("nb201", "", "testacc"): ("test-v1.0", "NAS-Bench-201 v1.0 test accuracy, 200 epochs, mean over runs"),
    ("nb201", "cifar10", "testacc"): (
        "test-25k-v1.0",
        "NAS-Bench-201 v1.0 test accuracy of the training on half of the images, 200 epochs, mean over runs",
    ),
}
"""(space, dataset or any, the file's word) -> target, and what it is."""


def suite_zero_file(space: Space) -> OfficialFile:
    """Return the JSON of NAS-Bench-Suite-Zero as a file of a space."""
    return OfficialFile(
        ("*.json", "*.json.gz"),
        "accuracies of NAS-Bench-Suite-Zero",
        partial(_read_suite_zero, space=space),
        note="its scores are imported by: zsbench scores import",
        name=suite_zero.SOURCE,
    )


def zero_cost_nas_file(space: Space) -> OfficialFile:
    """Return the pickles of zero-cost-nas as a file of a space."""
    return OfficialFile(
        ("nb2_*.p",),
        "accuracies of zero-cost-nas",
        partial(_read_zero_cost_nas, space=space),
        note="its scores are imported by: zsbench scores import",
        name=zero_cost_nas.SOURCE,
    )


def _read_suite_zero(path: Path, _progress: Progress, *, space: Space) -> list[TruthColumn]:
    return _columns(suite_zero.read(path, space), path)


def _read_zero_cost_nas(path: Path, _progress: Progress, *, space: Space) -> list[TruthColumn]:
    return _columns(zero_cost_nas.read(path, space), path)


def _columns(found: Reading, path: Path) -> list[TruthColumn]:
    if not found.accuracies:
        raise ZsbenchError(f"{path} has no accuracies", "its scores are imported by: zsbench scores import")
    for text in found.remarks:
        warnings.warn(f"{path.name}: {text}", ZsbenchWarning, stacklevel=2)
    return [_column(found.space, dataset, word, of, path) for (dataset, word), of in found.accuracies.items()]


def _column(space: Space, dataset: str, word: str, of: Mapping[int, float], path: Path) -> TruthColumn:
    target, what = _WORDS.get((space.name, dataset, word)) or _WORDS[space.name, "", word]
    values = np.full(len(space), np.nan)
    values[list(of)] = list(of.values())
    if space.dataset(dataset).quantity != PER_CENT:
        return TruthColumn(dataset, target, what, values)
    if np.nanmax(values) <= 1:
        highest = f"the highest of {dataset} is {np.nanmax(values):g}"
        raise ZsbenchError(f"{path} has no {word} in per cent: {highest}", "fractions? The files have per cent")
    return TruthColumn(dataset, target, what, np.round(values, 4))  # float32 noise; equal accuracies tie
