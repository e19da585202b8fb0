"""`zsbench score --model FILE.py:FUNCTION --truth FILE.csv`: networks of the user's own, registered as a space."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note
from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.spaces.base import Dataset

if TYPE_CHECKING:
    from zsbench.spaces.model_files import ModelFile

DATASETS = (
    Dataset("cifar10", 32, 10),
    Dataset("cifar100", 32, 100),
    Dataset("ImageNet16-120", 16, 120),
    Dataset("ImageNet", 224, 1000),
)
"""What `--dataset` may name beside NAME:SIZE:CLASSES; the first is the default."""
NAME, ACCURACY = "name", "accuracy"
"""The columns of a truth file."""


def own_space(model: str, datasets: list[str] | None, truth: Path | None) -> ModelFile:
    """Register the networks that `model` names, with their accuracies if there are any; return them as a space."""
    from zsbench.spaces.model_files import earlier, register, registered

    file, colon, function = model.rpartition(":")
    if not colon or not file or not function.isidentifier():
        raise UsageError(f"--model {model!r} names no function of a file", "--model FILE.py:FUNCTION")
    path = Path(file).expanduser()
    if not path.is_file():
        raise ZsbenchError(f"there is no file {path}", "--model FILE.py:FUNCTION")
    known = registered()
    space = register(path, function, own_dataset(datasets))
    note(f"{model}: {len(space)} networks, the space {space.name}")
    if space.name not in known and (before := earlier(space, known.values())):
        note(f"it has changed; what was scored before stays in {', '.join(before)}, apart")
    if truth is not None:
        import_truth(space, truth)
    return space


def own_dataset(names: list[str] | None) -> Dataset:
    """Return the dataset that `--dataset` names; raise `UsageError` for several, or what is none."""
    if not names:
        return DATASETS[0]
    if len(names) > 1:
        raise UsageError(f"--model takes one --dataset, not {', '.join(names)}")
    for dataset in DATASETS:
        if dataset.name.lower() == names[0].lower():
            return dataset
    if match := re.fullmatch(r"([A-Za-z][\w.-]*):([1-9]\d{0,3}):([1-9]\d{0,5})", names[0], re.ASCII):
        return Dataset(match[1], int(match[2]), int(match[3]))
    known = [*(dataset.name for dataset in DATASETS), "NAME:SIZE:CLASSES, such as flowers:224:102"]
    raise unknown_name("dataset", names[0], known)


def import_truth(space: ModelFile, truth: Path) -> None:
    """Store the accuracies of a CSV file as the target `test`; raise `ZsbenchError` if a network has no row."""
    from zsbench.truths.importing import Storing, TableOptions, import_file

    needs = f"{truth} needs the columns {NAME} and {ACCURACY} (in per cent, empty where unknown) and a row a network"
    missing = sorted(set(space.keys()) - set(_names(truth, needs)))
    if missing:
        raise ZsbenchError(f"{truth} has no row for {_some(missing)}", needs)
    options = TableOptions((f"test={ACCURACY}",), space.datasets[0].name, NAME)
    try:
        import_file(space, truth, options, storing=Storing("truth", replace=True))
    except ZsbenchError as error:
        raise ZsbenchError(error.message, needs) from error


def _names(truth: Path, needs: str) -> list[str]:
    try:
        with truth.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or ()
            if not {NAME, ACCURACY} <= set(columns):
                raise ZsbenchError(f"{truth} has the columns {', '.join(columns) or 'none'}", needs)
            return [(row[NAME] or "").strip() for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise ZsbenchError(f"cannot read accuracies from {truth}: {why}", needs) from error


def _some(names: Iterable[str], most: int = 5) -> str:
    shown = list(names)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more
