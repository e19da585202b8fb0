"""The official `NAS-Bench-201-v1_1-096897.pth`, read through its authors' package `nas-bench-201`.

The file is a pickle, so it is loaded by torch's restricted loader with exactly the NumPy scalars that it holds
allowed. The authors' `NASBench201API` deep-copies whatever it is given, which for the whole dictionary takes some
28 GB: here it gets one architecture at a time, which is then forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from zsbench.errors import UsageError, ZsbenchError
from zsbench.spaces import cell201
from zsbench.spaces.base import Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.looks import what_is_wrong
from zsbench.truths.restricted import load_restricted
from zsbench.truths.runs import Runs
from zsbench.truths.stated import Stated

EPOCHS = 200
COLUMNS = (
    ("cifar10", "valid", "cifar10-valid", "x-valid"),
    ("cifar10", "test", "cifar10", "ori-test"),
    ("cifar100", "valid", "cifar100", "x-valid"),
    ("cifar100", "test", "cifar100", "x-test"),
    ("ImageNet16-120", "valid", "ImageNet16-120", "x-valid"),
    ("ImageNet16-120", "test", "ImageNet16-120", "x-test"),
)
"""(dataset, target, training, evaluation): the last two in the file's words. CIFAR-10's come from two trainings."""


def read_official(path: Path, progress: Callable[[int, int], None], *, space: Space) -> list[TruthColumn]:
    """Return every column of `COLUMNS` that the file has, mean over seeds after the last of 200 epochs.

    `progress` is called with the number of architectures done and their total. Warn (`ZsbenchWarning`) if parameters
    or multiply-accumulates stated for a run aren't those of the network. Raise `ZsbenchError` for a file that is
    damaged, of another format, or asks for anything to be executed.
    """
    names, infos = _split(load_restricted(path), path)
    total = len(infos)
    runs, stated = Runs(cell201.SIZE, path), Stated(space, path)
    for done, number in enumerate(sorted(infos), start=1):
        _collect(names[number], infos.pop(number), runs, stated, path)  # popped: frees the memory as it goes
        progress(done, total)
    stated.report()
    columns = [_column(place, runs) for place in range(len(COLUMNS)) if place in runs]
    if not columns:
        raise ZsbenchError(f"{path} has no results after {EPOCHS} epochs")
    return columns


def _split(content: Any, path: Path) -> tuple[list[str], dict[int, Any]]:
    """Return the arch strings and the results by position in them."""
    keys = ("meta_archs", "arch2infos", "evaluated_indexes")
    if not isinstance(content, dict) or any(key not in content for key in keys):
        raise ZsbenchError(f"{path} is not in the format of NAS-Bench-201 v1.1: no dictionary with {', '.join(keys)}")
    names, infos = content["meta_archs"], content["arch2infos"]
    if not isinstance(names, list) or not isinstance(infos, dict) or not all(key in range(len(names)) for key in infos):
        raise ZsbenchError(f"{path} is not in the format of NAS-Bench-201 v1.1: arch2infos doesn't fit meta_archs")
    return names, infos


def _collect(name: str, info: Any, runs: Runs, stated: Stated, path: Path) -> None:
    """Add the final accuracies of one architecture to `runs`."""
    from nas_201_api import NASBench201API

    try:
        index = cell201.index_of(cell201.parse(name))
        one = {"meta_archs": [name], "arch2infos": {0: {"less": {}, "full": info["full"]}}, "evaluated_indexes": [0]}
        results = NASBench201API(one, verbose=False).arch2infos_dict[0][str(EPOCHS)]
        if results.arch_str != name:
            raise ZsbenchError(f"{path} contradicts itself: the results of {name} are those of {results.arch_str}")
        for place, (dataset, _, training, evaluation) in enumerate(COLUMNS):
            if training in results.get_dataset_names():
                for seed, run in results.query(training).items():
                    stated.check(dataset, index, params=run.params, flops=run.flop)
                    accuracy = _final(run, evaluation)
                    if accuracy is not None:
                        runs.add(place, int(seed), index, accuracy)
    except UsageError as error:
        raise ZsbenchError(f"{path}: {error.message}") from error
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ZsbenchError(
            f"{path} is not in the format of NAS-Bench-201 v1.1: {name}: {what_is_wrong(error)}"
        ) from error


def _final(run: Any, evaluation: str) -> float | None:
    """Return the accuracy after the last epoch; None if this run was not evaluated so.

    Read from the attribute: the package's `get_eval` also adds up the times of all epochs, and fails where the file
    has only those of the last.
    """
    epochs = run.get_total_epoch()
    if epochs != EPOCHS:
        raise ValueError(f"trained for {epochs} epochs instead of {EPOCHS}")
    accuracy = run.eval_acc1es.get(f"{evaluation}@{EPOCHS - 1}")
    return None if accuracy is None else float(accuracy)


def _column(place: int, runs: Runs) -> TruthColumn:
    dataset, target, training, evaluation = COLUMNS[place]
    what = (
        f"NAS-Bench-201 {evaluation} accuracy after {EPOCHS} epochs, {training} training, "
        f"mean over seeds {', '.join(map(str, runs.seeds(place)))} where run"
    )
    return runs.column(place, dataset, target, what)
