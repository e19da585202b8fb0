"""What networks cost, from a table that somebody made: columns of latencies, energies, or counts of parameters.

Units stand in the columns' names (`raspi4_latency_ms`, `edgegpu_mj`), or are given with the column. A table may have
rows of several datasets if a column `dataset` says which. -1 is how HW-NAS-Bench writes that a network did not compile
for a device: such entries are missing, and counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.spaces.base import Bools, Floats, Space
from zsbench.truths.costs import UNITS, CostColumn
from zsbench.truths.files import NAME
from zsbench.truths.tabular import SHOWN, aligned, arch_column, indices_of, read_frame

if TYPE_CHECKING:
    import pandas as pd

Texts: TypeAlias = NDArray[np.object_]
ALL = "all"
"""In place of names: every column whose name says device and unit."""
DATASET = "dataset"
NONE = -1.0
"""What stands for a network that a device could not run."""
_FACTORS: Mapping[str, Mapping[str, float]] = {
    "latency": {"ms": 1.0, "s": 1e3, "us": 1e-3},
    "energy": {"mj": 1.0, "j": 1e3, "uj": 1e-3},
    "intensity": {"": 1.0},
}
_COUNTS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_SUFFIX = re.compile(r"_(ms|us|mj|uj)$", re.IGNORECASE)
_TELLING = (
    ("latency", re.compile(r"(.+?)(?:_latency)?_(?:ms|us)", re.IGNORECASE)),
    ("energy", re.compile(r"(.+?)(?:_energy)?_(?:mj|uj)", re.IGNORECASE)),
    ("intensity", re.compile(r"(.+?)_(?:arithmetic_)?intensity", re.IGNORECASE)),
)


@dataclass(frozen=True)
class WantedCost:
    """Which column holds which cost."""

    dataset: str | None
    """None: the dataset of its row."""
    name: str
    column: str
    factor: float
    """To milliseconds, millijoules, or ones."""


def parse_cost(text: str, space: Space, dataset: str | None) -> WantedCost:
    """Read `[DATASET:]NAME=COLUMN[:UNIT]`, such as `latency:raspi4=raspi4_ms`; raise `UsageError` that says what fails.

    A latency or energy whose column doesn't end in its unit needs one.
    """
    left, equals, right = text.partition("=")
    *of, kind, device = ["", *left.split(":")] if _is_of_device(left) else ["", *left.split(":"), ""]
    if (
        not equals
        or not right
        or len(of) > 2
        or not re.fullmatch(NAME, device or kind)
        or (kind in UNITS and not device)
    ):
        raise UsageError(
            f"cannot read the cost {text!r}", "write NAME=COLUMN, such as latency:raspi4=raspi4_ms or params=parameters"
        )
    named = of[-1] or dataset
    column, factor = _column_and_factor(right, left, _FACTORS.get(kind, _COUNTS))
    name = f"{kind}:{device}" if device else kind
    return WantedCost(space.dataset(named).name if named else None, name, column, factor)


def _is_of_device(left: str) -> bool:
    return any(part in UNITS for part in left.split(":")[:-1])


def _column_and_factor(right: str, left: str, factors: Mapping[str, float]) -> tuple[str, float]:
    """Read `COLUMN:UNIT`, or a column whose name ends in its unit."""
    column, _, unit = right.rpartition(":")
    if column and unit.lower() in factors:
        return column, factors[unit.lower()]
    suffix = _SUFFIX.search(right)
    unit = suffix[1].lower() if suffix and "" not in factors else ""
    if unit not in factors:
        raise UsageError(
            f"in which unit is the column {right!r} of {left}?",
            f"write {left}={column or right}:UNIT, with one of {', '.join(factors)}",
        )
    return right, factors[unit]


def read_costs(
    path: Path, space: Space, texts: Sequence[str], dataset: str | None, given_arch_column: str | None = None
) -> list[CostColumn]:
    """Read the wanted costs, aligned with the space's index; an architecture without a row is unknown (NaN).

    `texts` are as `parse_cost` reads them, or `all`. Raise `UsageError` for a column that doesn't exist, or whose
    dataset isn't said, and `ZsbenchError` for content that can't be meant.
    """
    frame = read_frame(path)
    wanted = _wanted(texts, list(map(str, frame.columns)), space, dataset)
    for one in wanted:
        if one.column not in frame.columns:
            raise unknown_name(f"column of {path.name}:", one.column, frame.columns)
    indices = indices_of(frame[arch_column(frame, given_arch_column)].tolist(), space, path)
    datasets = _datasets(frame, space)
    found: dict[tuple[str, str], CostColumn] = {}
    for one in wanted:
        values, missing = _numbers(frame, one)
        for of in _meant(one, datasets, space):
            if (of, one.name) in found:
                raise UsageError(f"two columns are given for {one.name} of {of}")
            here = np.ones(len(frame), bool) if datasets is None else datasets == of
            column = aligned(np.where(here, values, np.nan), indices, space, one.column)
            if np.isnan(column).all():
                raise ZsbenchError(f"column {one.column} has no value at all{'' if datasets is None else f' for {of}'}")
            what = described(one.name, f"column {one.column}", int((missing & here).sum()))
            found[of, one.name] = CostColumn(of, one.name, what, column)
    return list(found.values())


def described(name: str, source: str, missing: int) -> str:
    """Say in words what a column is; `missing` counts the networks that a device could not run."""
    kind, _, device = name.partition(":")
    what = f"{kind} on {device}" if device else name
    unit = f" in {UNITS[kind]}" if UNITS.get(kind) else ""
    return f"{what}{unit}, {source}" + (
        f"; {missing:,} networks have none (-1: they did not compile)" if missing else ""
    )


def _wanted(texts: Sequence[str], columns: Sequence[str], space: Space, dataset: str | None) -> list[WantedCost]:
    if list(texts) != [ALL]:
        return [parse_cost(text, space, dataset) for text in texts]
    of = space.dataset(dataset).name if dataset else None
    found = [WantedCost(of, *told) for column in columns if (told := _told(column)) is not None]
    if not found:
        raise UsageError(
            "no column's name says device and unit, as raspi4_latency_ms and edgegpu_energy_mj do",
            f"name them: --cost latency:raspi4=COLUMN:ms; there are {', '.join(columns)}",
        )
    return found


def _told(column: str) -> tuple[str, str, float] | None:
    """Return the cost that a column's name says, the column, and its factor; None if it says none."""
    for kind, pattern in _TELLING:
        match = pattern.fullmatch(column)
        if match and re.fullmatch(NAME, match[1]):
            suffix = _SUFFIX.search(column)
            return f"{kind}:{match[1]}", column, _FACTORS[kind][suffix[1].lower() if suffix else ""]
    return None


def _datasets(frame: pd.DataFrame, space: Space) -> Texts | None:
    """Return (rows,) the dataset of every row, None if the table doesn't say."""
    if DATASET not in frame.columns:
        return None
    known = {text: space.dataset(str(text)).name for text in frame[DATASET].unique()}
    return np.array([known[text] for text in frame[DATASET].tolist()], dtype=object)


def _meant(wanted: WantedCost, datasets: Texts | None, space: Space) -> list[str]:
    """Return the datasets that a column has values of."""
    there = list(dict.fromkeys(datasets.tolist())) if datasets is not None else []
    if wanted.dataset:
        if there and wanted.dataset not in there:
            raise UsageError(f"the table has no rows of {wanted.dataset}", f"it has {', '.join(there)}")
        return [wanted.dataset]
    if not there and len(space.datasets) > 1:
        names = ", ".join(known.name for known in space.datasets)
        raise UsageError(
            f"which dataset does {wanted.name} belong to? {space.name} has {names}",
            f"pass --dataset {space.datasets[0].name}",
        )
    return there or [space.datasets[0].name]


def _numbers(frame: pd.DataFrame, wanted: WantedCost) -> tuple[Floats, Bools]:
    """Return (rows,) a column in its unit, NaN where there is no number, and where that is as the device has none."""
    absent = frame[wanted.column].isna().tolist()
    numbers = np.full(len(frame), np.nan)
    wrong: list[str] = []
    for row, (text, empty) in enumerate(zip(frame[wanted.column].tolist(), absent, strict=True)):
        if empty:
            continue
        try:
            numbers[row] = float(text)
        except (TypeError, ValueError):
            wrong.append(f"row {row + 1}: {text!r}")
            continue
        if not (math.isfinite(numbers[row]) and (numbers[row] >= 0 or numbers[row] == NONE)):
            wrong.append(f"row {row + 1}: {text}")
    if wrong:
        shown = "; ".join(wrong[:SHOWN])
        raise ZsbenchError(f"{len(wrong)} entries of column {wanted.column} are no {wanted.name}: {shown}")
    missing: Bools = numbers == NONE
    return np.where(missing, np.nan, numbers * wanted.factor), missing
