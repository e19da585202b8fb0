"""The official `nasbench_only108.tfrecord` and `nasbench_full.tfrecord`: one record a training, read one at a time.

A record is JSON of module hash, epochs, matrix, labels and a message with three evaluations: before training, halfway,
at the end. The last one's accuracies count. The authors' query draws one of three trainings at random; here their mean
is the truth, and all are kept. Which of the three comes first in the file is their number.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import UsageError, ZsbenchError, ZsbenchWarning
from zsbench.manifest import benchmark_files, sha256_of
from zsbench.spaces import cell101
from zsbench.spaces.cells101 import SIZE
from zsbench.spaces.cells101_costs import costs
from zsbench.spaces.cells101_kept import cells
from zsbench.truths.columns import TruthColumn
from zsbench.truths.protobuf import fields
from zsbench.truths.runs import Runs
from zsbench.truths.space import Progress
from zsbench.truths.tfrecord import records

EPOCHS = (108, 36, 12, 4)
TRAININGS = 3
_EVALUATIONS = 3
_SAYING = 1000
"""Records from one call of `progress` to the next."""
_CHECKING = 500
"""Records from one whose cell is hashed again to the next."""
_WORDS = {"valid": "validation", "test": "test"}


@dataclass(frozen=True)
class _Record:
    module_hash: str
    epochs: int
    matrix: str
    labels: str
    parameters: int
    accuracies: dict[str, float]
    """Target -> fraction."""


def read_official(path: Path, progress: Progress) -> list[TruthColumn]:
    """Return `valid` and `test` after 108 epochs, and those of the other budgets the file has, in per cent.

    `progress` gets the bytes read and their total. Warn (`ZsbenchWarning`) if parameters, or the order of vertices,
    aren't those of our networks. Raise `ZsbenchError` for a file that is damaged or of another format, or has the name
    of an official one but not its checksum.
    """
    _check_published(path)
    collected = _Collected(path)
    total = path.stat().st_size
    for number, (done, data) in enumerate(records(path), start=1):
        try:
            collected.add(_parse(data), check=number % _CHECKING == 1)
        except (ValueError, UsageError) as error:
            reason = error.message if isinstance(error, UsageError) else error
            raise ZsbenchError(f"{path} is not in the format of NAS-Bench-101: record {number:,}: {reason}") from error
        if number % _SAYING == 0 or done == total:
            progress(done, total)
    collected.report()
    return collected.columns()


def _check_published(path: Path) -> None:
    """Compare the checksum of a file with an official name before minutes are spent on reading it."""
    official = benchmark_files().get(path.name)
    if official:
        official.check(path, sha256_of(path))


def _parse(data: bytes) -> _Record:
    """Read a record; raise `ValueError` that says what is wrong with it."""
    row = json.loads(data)
    if not isinstance(row, list) or [type(part) for part in row] != [str, int, str, str, str]:
        raise ValueError("no list of module hash, epochs, matrix, labels and metrics")
    module_hash, epochs, matrix, labels, metrics = row
    evaluations: list[bytes] = []
    parameters: Any = None
    for field, value in fields(base64.b64decode(metrics, validate=True)):
        if field == 1 and isinstance(value, bytes):
            evaluations.append(value)
        elif field == 2:
            parameters = value
    if len(evaluations) != _EVALUATIONS or not isinstance(parameters, int):
        raise ValueError(f"{len(evaluations)} evaluations instead of {_EVALUATIONS}, or no number of parameters")
    final = dict(fields(evaluations[-1]))
    if final.get(1) != epochs:
        raise ValueError(f"the last evaluation is that of epoch {final.get(1)!r} instead of {epochs}")
    accuracies = {"valid": _fraction(final.get(4)), "test": _fraction(final.get(5))}
    return _Record(module_hash, epochs, matrix, labels, parameters, accuracies)


def _fraction(value: object) -> float:
    if not isinstance(value, float) or not 0 <= value <= 1:
        raise ValueError(f"an accuracy is {value}: the official file has fractions from 0 to 1")
    return value


class _Collected:
    """What the records said so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs = Runs(SIZE, path)
        self.count: dict[int, NDArray[np.uint8]] = {}
        self.parameters = costs(classes=10)["params"]
        self.other_parameters: set[int] = set()
        self.other_order: set[int] = set()

    def add(self, record: _Record, *, check: bool) -> None:
        """Keep one training; raise `ValueError` or `UsageError` if it can't be one of this space."""
        index = cells().find(record.module_hash)
        if index is None:
            raise ValueError(f"no cell has the module hash {record.module_hash!r}")
        if record.epochs not in EPOCHS:
            raise ValueError(f"trained for {record.epochs} epochs, which the benchmark did not")
        count = self.count.setdefault(record.epochs, np.zeros(SIZE, dtype=np.uint8))
        if count[index] == TRAININGS:
            raise ValueError(f"more than {TRAININGS} trainings of {record.module_hash} for {record.epochs} epochs")
        for target, fraction in record.accuracies.items():
            # Multiples of 1/9,984 (39 batches of 256), stored as float32: four decimals remove the noise.
            self.runs.add((record.epochs, target), int(count[index]), index, round(100 * fraction, 4))
        count[index] += 1
        if record.parameters != self.parameters[index]:
            self.other_parameters.add(index)
        if check:
            self._check_cell(record, index)

    def _check_cell(self, record: _Record, index: int) -> None:
        cell = _cell(record.matrix, record.labels.split(","))
        if cell101.module_hash(cell101.prune(cell)) != record.module_hash:
            raise ValueError(f"its cell {cell} has another module hash than {record.module_hash}")
        if cell != cells().cell(index):
            self.other_order.add(index)

    def report(self) -> None:
        """Warn of what the file states otherwise than our networks have it."""
        stated = (("other parameters", self.other_parameters), ("another order of vertices", self.other_order))
        for what, found in stated:
            if found:
                warnings.warn(
                    f"{self.path.name} states {what} than the networks of zsbench have for {len(found):,} cells, "
                    f"such as {min(found)}; zsbench uses its own",
                    ZsbenchWarning,
                    stacklevel=2,
                )

    def columns(self) -> list[TruthColumn]:
        """Return the columns, those of the longest training first."""
        if not self.count:
            raise ZsbenchError(f"{self.path} has no records")
        return [
            self.runs.column(
                (epochs, target),
                "cifar10",
                target if epochs == EPOCHS[0] else f"{target}-{epochs}ep",
                f"NAS-Bench-101 {word} accuracy after {epochs} epochs, 40k training images, mean over "
                f"{TRAININGS} trainings where run",
            )
            for epochs in sorted(self.count, reverse=True)
            for target, word in _WORDS.items()
        ]


def _cell(matrix: str, labels: Sequence[str]) -> cell101.Cell:
    """Return the cell of a matrix, row by row, and the labels of all vertices; raise `ValueError` if they are none."""
    size = len(labels)
    if len(matrix) != size * size or set(matrix) - {"0", "1"} or labels[0] != "input" or labels[-1] != "output":
        raise ValueError(f"the matrix {matrix} and the labels {','.join(labels)} are no cell")
    unknown = set(labels[1:-1]) - set(cell101.OFFICIAL)
    if unknown:
        raise ValueError(f"no operation is called {', '.join(sorted(unknown))}")
    edges = [divmod(place, size) for place, digit in enumerate(matrix) if digit == "1"]
    if any(source >= target for source, target in edges):
        raise ValueError(f"the matrix {matrix} is not strictly upper triangular")
    return cell101.Cell(tuple(cell101.OFFICIAL.index(label) for label in labels[1:-1]), tuple(edges))
