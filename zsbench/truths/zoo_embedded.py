"""The accuracies of hand-designed networks that the PyPI package `pytorchcv` prints as errors.

Only its table is read, after a check of its sha256; the package itself is never imported. An error is written in
hundredths of a per cent.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
from functools import cache, partial

import numpy as np

from zsbench.manifest import find_file
from zsbench.spaces.base import Truth
from zsbench.truths.lookup import Available

PACKAGE = "pytorchcv"
_PRINTED = {
    "ImageNet": ("valid", "ImageNet validation images, top-5 accuracy (inferred from well-known networks), one run"),
    "cifar10": ("test", "CIFAR-10 test accuracy, one run"),
    "cifar100": ("test", "CIFAR-100 test accuracy, one run"),
}
"""Dataset -> the target that the printed errors are, and what was measured."""


def embedded(dataset: str, names: tuple[str, ...]) -> list[Available]:
    """Return the embedded column of a dataset, aligned with `names`, or nothing if the package isn't installed."""
    try:
        importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return []
    target = _PRINTED[dataset][0]
    return [Available(target, PACKAGE, _source(dataset), partial(load, dataset, names))]


def _source(dataset: str) -> str:
    return f"{PACKAGE} {importlib.metadata.version(PACKAGE)}: {_PRINTED[dataset][1]}, training differs"


@cache
def rows() -> dict[str, dict[str, str]]:
    """Return the package's table by the name of the network; raise `ZsbenchError` if it is missing or altered.

    A name that occurs twice keeps its first row.
    """
    found: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(find_file("zoo-networks").read().decode())):
        found.setdefault(row["model_name"], row)
    return found


@cache
def load(dataset: str, names: tuple[str, ...]) -> Truth:
    """Return the accuracies of the named networks in per cent; raise `ZsbenchError` as `rows` does."""
    errors = [int(rows()[name]["error_value"]) for name in names]
    values = (10_000 - np.array(errors)) / 100
    values.setflags(write=False)
    return Truth(_PRINTED[dataset][0], values, _source(dataset))
