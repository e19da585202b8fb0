"""Scores in a table that somebody made: one row a score (long), or one column a proxy (wide).

Long: `arch` or `index`, `proxy`, `score`, and if they are there `space`, `dataset`, `status`, `seconds`. Wide: `arch`
or `index`, and if they are there `space` and `dataset`; every other column is a proxy. An empty cell of a wide table is
a score that is not there, of a long one a score that failed; so are -1e8, nan and inf. `version`, `reason` and
`conditions` of our own exports mean nothing here: what is read so is another project's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.exchange.reading import ALIASES, KNOWN, Reading, dataset_of, index_of
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.spaces.base import Space

if TYPE_CHECKING:
    import pandas as pd

_ARCHS = ("arch", "arch_str", "architecture")
_PLACE = ("space", "dataset")
_LONG = ("proxy", "score")
_OPTIONAL = ("status", "seconds", "reason", "version", "conditions")


def read(
    frame: pd.DataFrame,
    path: Path,
    space: str | None = None,
    dataset: str | None = None,
    wanted: Sequence[str] | None = None,
) -> Reading:
    """Read a long or wide table; `wanted` names proxies, as `NAME` or `NAME=COLUMN`, where columns don't tell them.

    Raise `UsageError` for what a table doesn't say, and `ZsbenchError` for content that can't be meant.
    """
    if frame.empty:
        raise ZsbenchError(f"{path.name} has no rows")
    columns = list(map(str, frame.columns))
    found = Reading(_space(frame, space, path))
    archs = next((name for name in _ARCHS if name in columns), None)
    if archs is None and "index" not in columns:
        raise UsageError(f"no column of {path.name} is called {', '.join(_ARCHS)} or index", "one must name networks")
    rows = _Rows(found, frame, path, archs, dataset)
    if set(_LONG) <= set(columns):
        _long(rows, frame, columns, wanted)
    else:
        _wide(rows, frame, columns, wanted)
    found.check(path)
    return found


class _Rows:
    """Which network of which dataset each row is about, and what was read of it."""

    def __init__(self, found: Reading, frame: pd.DataFrame, path: Path, archs: str | None, dataset: str | None) -> None:
        self.found, self.path = found, path
        nothing = [None] * len(frame)
        given = frame[archs].tolist() if archs else nothing, frame["index"].tolist() if "index" in frame else nothing
        self._known: dict[str, int] = {}
        self.index = [self._index(row, *pair) for row, pair in enumerate(zip(*given, strict=True), start=1)]
        self.dataset = self._datasets(frame, dataset)

    def _index(self, row: int, arch: Any, index: Any) -> int:
        where = f"{self.path.name}: row {row}"
        indices = [self._read(str(text), where) for text in (arch, index) if text is not None]
        if len(set(indices)) > 1:
            raise ZsbenchError(
                f"{where}: index {index} is not {arch}, which is {indices[0]}",
                "drop one of the columns; nothing was imported",
            )
        return indices[0]

    def _read(self, text: str, where: str) -> int:
        if text not in self._known:
            self._known[text] = index_of(self.found.space, text, where)
        return self._known[text]

    def _datasets(self, frame: pd.DataFrame, given: str | None) -> list[str]:
        space = self.found.space
        if given is not None:
            of = dataset_of(space, given, self.path.name)
            if "dataset" in frame and {str(name).lower() for name in frame["dataset"]} != {of.lower()}:
                raise UsageError(f"{self.path.name} has rows of other datasets than {of}", "leave out --dataset")
            return [of] * len(frame)
        if "dataset" in frame:
            known = {name: dataset_of(space, str(name), self.path.name) for name in frame["dataset"].unique()}
            return [known[name] for name in frame["dataset"].tolist()]
        if len(space.datasets) > 1:
            names = ", ".join(known.name for known in space.datasets)
            raise UsageError(f"which dataset are the scores in {self.path.name} for?", f"--dataset, one of {names}")
        return [space.datasets[0].name] * len(frame)

    def add(self, row: int, name: str, value: Any, seconds: float = math.nan, status: str = "") -> None:
        """Keep a score of a row (from 1); raise `ZsbenchError` if it is none, or another one of the same is there."""
        dataset, index = self.dataset[row - 1], self.index[row - 1]
        proxy = ALIASES.get(name, name)
        before = self.found.scores.get(dataset, {}).get((index, proxy))
        try:
            self.found.add(dataset, index, name, value, seconds, status)
        except ValueError as error:
            raise ZsbenchError(f"{self.path.name}: row {row}: {name} {error}", "nothing was imported") from None
        after = self.found.scores[dataset][index, proxy]
        if before is not None and not _same(before, after):
            raise ZsbenchError(
                f"{self.path.name}: row {row}: another {name} of the same network was there before: {before.value:g}, "
                f"now {after.value:g}",
                "keep one of them; nothing was imported",
            )


def _same(before: Score, after: Score) -> bool:
    return before.status is after.status and (before.value == after.value or before.status is not Status.OK)


def _space(frame: pd.DataFrame, given: str | None, path: Path) -> Space:
    names = sorted(set(map(str, frame["space"].unique()))) if "space" in frame else []
    if given is None and len(names) != 1:
        what = (
            f"{path.name} has rows of {', '.join(names)}" if names else f"{path.name} doesn't say which space it is of"
        )
        raise UsageError(what, "--space nb201, or one file a space")
    space = find_space(given or names[0])
    if names and names != [space.name]:
        raise UsageError(f"{path.name} has rows of {', '.join(names)}, not only of {space.name}", "one file a space")
    return space


def _named(wanted: Sequence[str], columns: Sequence[str], path: Path) -> dict[str, str]:
    """Return column -> proxy of texts such as `NAME=COLUMN`."""
    found: dict[str, str] = {}
    for text in wanted:
        name, equals, column = text.partition("=")
        if (column or name) not in columns:
            raise unknown_name(f"column of {path.name}:", column or name, columns)
        found[column if equals else name] = name
    return found


def _wide(rows: _Rows, frame: pd.DataFrame, columns: Sequence[str], wanted: Sequence[str] | None) -> None:
    about = {*_ARCHS, "index", *_PLACE, "conditions"}
    named: Mapping[str, str] = (
        _named(wanted, columns, rows.path) if wanted else {c: c for c in columns if c not in about}
    )
    unknown = [column for column in named if not wanted and column not in KNOWN | proxies().keys()]
    if unknown or not named:
        what = f"the columns {', '.join(unknown)} are" if unknown else "no column is"
        raise UsageError(
            f"{rows.path.name}: {what} no proxy known here",
            "name those to import: --proxy NAME, or --proxy NAME=COLUMN; see docs/benchmarks.md for the long form",
        )
    for column, name in named.items():
        for row, value in enumerate(frame[column].tolist(), start=1):
            if not _is_empty(value):
                rows.add(row, name, value)


def _long(rows: _Rows, frame: pd.DataFrame, columns: Sequence[str], wanted: Sequence[str] | None) -> None:
    odd = sorted(set(columns) - {*_ARCHS, "index", *_PLACE, *_LONG, *_OPTIONAL})
    if odd:
        raise ZsbenchError(
            f"{rows.path.name} has unknown columns: {', '.join(odd)}",
            f"the long form has {', '.join((*_LONG, *_OPTIONAL))}",
        )
    status = frame["status"].tolist() if "status" in frame else [""] * len(frame)
    seconds = frame["seconds"].tolist() if "seconds" in frame else [math.nan] * len(frame)
    for row, (name, value) in enumerate(zip(frame["proxy"].tolist(), frame["score"].tolist(), strict=True), start=1):
        proxy = str(name).partition("@")[0]
        if wanted is None or proxy in wanted:
            stated = "" if _is_empty(status[row - 1]) else str(status[row - 1])
            number = None if _is_empty(value) else value
            rows.add(row, proxy, number, _seconds(seconds[row - 1], rows.path, row), stated)


def _seconds(value: Any, path: Path, row: int) -> float:
    try:
        seconds = math.nan if _is_empty(value) else float(value)
    except (TypeError, ValueError):
        raise ZsbenchError(f"{path.name}: row {row}: seconds {value!r} is no number", "nothing was imported") from None
    if seconds < 0 or math.isinf(seconds):
        raise ZsbenchError(f"{path.name}: row {row}: seconds are {value}", "nothing was imported")
    return seconds


def _is_empty(value: Any) -> bool:
    """Return whether a cell has nothing: CSV is read as text, where nan would be a word."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
