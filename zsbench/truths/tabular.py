"""Truth from a table that somebody made: CSV or Parquet with a column of architectures and columns of accuracies."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.spaces.base import PER_CENT, Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.files import NAME

if TYPE_CHECKING:
    import pandas as pd

ARCH_COLUMNS = ("arch", "arch_str", "architecture", "index")
"""Tried in this order if the column of architectures isn't named."""
CSV = (".csv", ".csv.gz")
PARQUET = (".parquet", ".pq")
SHOWN = 3
"""How many offending rows a message shows."""


@dataclass(frozen=True)
class Wanted:
    """Which column of the table holds which target of which dataset."""

    dataset: str
    target: str
    column: str


def parse_wanted(text: str, space: Space, dataset: str | None) -> Wanted:
    """Read `TARGET=COLUMN` (of `dataset`) or `DATASET:TARGET=COLUMN`; raise `UsageError` for anything else."""
    left, equals, column = text.partition("=")
    of, colon, target = left.rpartition(":")
    if not equals or not column or not re.fullmatch(NAME, target):
        raise UsageError(f"cannot read the target {text!r}", "write TARGET=COLUMN, such as test=cifar10_test_acc")
    if colon:
        return Wanted(space.dataset(of).name, target, column)
    if dataset is None and len(space.datasets) > 1:
        names = ", ".join(known.name for known in space.datasets)
        raise UsageError(
            f"which dataset does {text!r} belong to? {space.name} has {names}",
            f"pass --dataset {space.datasets[0].name}, or --target {space.datasets[0].name}:{text}",
        )
    return Wanted(space.dataset(dataset or space.datasets[0].name).name, target, column)


def is_table(path: Path) -> bool:
    """Return whether the file's name is that of a table this module reads."""
    return path.name.lower().endswith(CSV + PARQUET)


def read_table(
    path: Path, space: Space, wanted: Sequence[Wanted], given_arch_column: str | None = None, scale: float = 1.0
) -> list[TruthColumn]:
    """Read the wanted columns, aligned with the space's index; an architecture without a row is unknown (NaN).

    Every value is multiplied by `scale` and must then be per cent, or the dataset's other quantity. Rows are counted
    from 1, after the header. Raise `UsageError` for a column that doesn't exist, and `ZsbenchError` for a file that
    can't be read or content that can't be meant.
    """
    frame = read_frame(path)
    arch = arch_column(frame, given_arch_column)
    doubles = {w for w in wanted if sum((v.dataset, v.target) == (w.dataset, w.target) for v in wanted) > 1}
    if doubles:
        raise UsageError(f"{len(doubles)} columns are given for one target: {sorted(w.column for w in doubles)}")
    for column in (w.column for w in wanted):
        if column not in frame.columns:
            raise unknown_name(f"column of {path.name}:", column, frame.columns)
    indices = indices_of(frame[arch].tolist(), space, path)
    return [
        TruthColumn(
            *(w.dataset, w.target, f"column {w.column}"),
            aligned(_numbers(frame, w, space, scale), indices, space, w.column),
        )
        for w in wanted
    ]


def read_frame(path: Path) -> pd.DataFrame:
    """Return a table, of CSV all as text; raise `ZsbenchError` if it can't be read."""
    import pandas as pd

    try:
        if path.name.lower().endswith(PARQUET):
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype=str)
    except (OSError, EOFError, ValueError, zlib.error, pd.errors.ParserError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ZsbenchError(f"cannot read {path} as a table: {reason}", "is the file whole?") from error


def arch_column(frame: pd.DataFrame, given: str | None) -> str:
    """Return the column of architectures: the `given` one, or the first that is called so; else `UsageError`."""
    if given is not None:
        if given not in frame.columns:
            raise unknown_name("column", given, frame.columns)
        return given
    for name in ARCH_COLUMNS:
        if name in frame.columns:
            return name
    raise UsageError(
        f"no column is called {', '.join(ARCH_COLUMNS[:-1])} or {ARCH_COLUMNS[-1]}",
        f"name the column of architectures with --arch-column; there are: {', '.join(map(str, frame.columns))}",
    )


def indices_of(archs: list[object], space: Space, path: Path) -> NDArray[np.int64]:
    """Return (rows,) the index of every architecture; raise `ZsbenchError` that shows rows without one."""
    indices: list[int] = []
    unknown: list[str] = []
    for row, arch in enumerate(archs, start=1):
        try:
            indices.append(space.index(str(arch)))
        except UsageError as error:
            unknown.append(f"row {row}: {error.message}")
    if unknown:
        more = f"; and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        raise ZsbenchError(
            f"{len(unknown)} of {len(archs)} rows of {path.name} name no architecture of {space.name}: "
            + "; ".join(unknown[:SHOWN])
            + more,
            "is another column meant? See --arch-column",
        )
    if not indices:
        raise ZsbenchError(f"{path.name} has no rows")
    return np.array(indices, dtype=np.int64)


def _numbers(frame: pd.DataFrame, wanted: Wanted, space: Space, scale: float) -> NDArray[np.float64]:
    """Return a column in the dataset's quantity, mostly per cent; a missing entry is NaN."""
    column, quantity = wanted.column, space.dataset(wanted.dataset).quantity
    missing = frame[column].isna().tolist()
    numbers = np.full(len(frame), np.nan)
    wrong: list[str] = []
    for row, (text, absent) in enumerate(zip(frame[column].tolist(), missing, strict=True)):
        if absent:
            continue
        try:
            numbers[row] = float(text) * scale
        except (TypeError, ValueError):
            wrong.append(f"row {row + 1}: {text!r}")
            continue
        if not quantity.low <= numbers[row] <= quantity.high:
            wrong.append(f"row {row + 1}: {text}")
    if wrong:
        shown = "; ".join(wrong[:SHOWN])
        raise ZsbenchError(
            f"{len(wrong)} entries of column {column} are no {quantity.unit}: {shown}", "is another column meant?"
        )
    if np.all(np.isnan(numbers)):
        raise ZsbenchError(f"column {column} has no value at all")
    if quantity == PER_CENT and scale == 1.0 and np.nanmax(numbers) <= 1:
        raise ZsbenchError(
            f"column {column} lies between {np.nanmin(numbers):g} and {np.nanmax(numbers):g}: fractions, not per cent?",
            "pass --scale 100",
        )
    return numbers


def aligned(numbers: NDArray[np.float64], indices: NDArray[np.int64], space: Space, column: str) -> NDArray[np.float64]:
    """Put the numbers at their indices; raise `ZsbenchError` if two rows of one architecture contradict each other."""
    values = np.full(len(space), np.nan)
    for row, (index, number) in enumerate(zip(indices.tolist(), numbers.tolist(), strict=True), start=1):
        if np.isnan(number):
            continue
        if not np.isnan(values[index]) and values[index] != number:
            first = int(np.flatnonzero(indices == index)[0]) + 1
            raise ZsbenchError(
                f"rows {first} and {row} are the same architecture {space.arch(index)} with different values "
                f"in column {column}: {values[index]:g} and {number:g}",
                "one row an architecture; isomorphic cells may differ, the same cell may not",
            )
        values[index] = number
    return values
