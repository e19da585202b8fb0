"""The JSON of NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022): read, and written for NASLib to read.

    {dataset: {"(4, 3, 3, 0, 0, 0)": {"synflow": {"score": 7.5, "time": 0.4}, ..., "val_accuracy": 88.3,
                                      "idx": "471", "arch": "(4, 3, 3, 0, 0, 0)"}}}

An early form has bare numbers for scores, and {"nasbench101": {"cifar10": ...}} around them. Times are seconds, params
and flops are in millions. -1e8 stands for a failure; NaN and infinities occur. `val_accuracy` is not what its name
says: see `zsbench.truths.suite_zero`.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zsbench.errors import UsageError, ZsbenchError
from zsbench.exchange.reading import ALIASES, KNOWN, Reading, dataset_of, index_of, shortened
from zsbench.registry import find_space, proxies, spaces
from zsbench.spaces.base import Floats, Space

if TYPE_CHECKING:
    from zsbench.store import ScoreSet

SOURCE = "suite-zero"
SUFFIXES = (".json", ".json.gz")
ACCURACY = "val_accuracy"
_SPACES = {
    "nasbench101": "nb101",
    "nasbench201": "nb201",
    "transbench101_micro": "transnas-micro",
    "transbench101_macro": "transnas-macro",
}
"""Part of an official file's name -> its space."""
_ABOUT = {"arch", "id", "idx", ACCURACY}
"""Fields of an entry that are no scores."""
_OTHER_DATASETS = {"ninapro", "svhn", "scifar100"}
"""Datasets in some official files that no space has; each is there for some 200 networks only."""
_MILLIONS = {"params", "flops"}
_TWICE = "keep one of them; nothing was imported"
_FORMAT = "see docs/benchmarks.md for the format; nothing was imported"


class _Measured(NamedTuple):
    score: Any
    time: Any


class _DoubleKeyError(Exception):
    """Raised while parsing, with the key."""


def is_suite_zero(path: Path) -> bool:
    """Return whether a file is JSON of this kind: an object, not a list of records."""
    if not path.name.lower().endswith(SUFFIXES):
        return False
    try:
        with _opened(path) as file:
            return bool(re.match(rb"\s*\{", file.read(64)))
    except (OSError, EOFError, zlib.error):
        return False


def read(path: Path, space: Space | None = None) -> Reading:
    """Read a file; raise `ZsbenchError` that names the first entry that can't be meant, or a truncated file.

    Without a `space`, the file's name or its outermost name must tell it; else raise `UsageError`.
    """
    content = _parsed(path)
    if len(content) == 1 and "nasbench101" in content:
        space, content = space or find_space("nb101"), content["nasbench101"]
    space = space or _space_of(path)
    found = Reading(space)
    for name, entries in content.items():
        if not isinstance(entries, dict):
            raise ZsbenchError(f"{path}: {name!r} holds no architectures", _FORMAT)
        if name.lower() in _OTHER_DATASETS:
            found.remarks.append(f"{len(entries):,} networks of {name} are left out: {space.name} has no such dataset")
            continue
        _Entries(found, dataset_of(space, name, str(path)), f"{path}: {name}").collect(entries)
    found.check(path)
    return found


class _Entries:
    """The entries of one dataset."""

    def __init__(self, found: Reading, dataset: str, where: str) -> None:
        self._found, self._dataset, self._where = found, dataset, where
        self._keys: dict[int, str] = {}
        self._twins = 0
        self._names = KNOWN | proxies().keys()

    def collect(self, entries: Mapping[str, Any]) -> None:
        for key, entry in entries.items():
            where = f"{self._where} {shortened(key)}"
            if not isinstance(entry, dict):
                raise ZsbenchError(f"{where} holds no scores but {shortened(repr(entry))}", _FORMAT)
            index = index_of(self._found.space, key, self._where)
            if self._is_first(index, key, entry, entries, where):
                self._keep(index, key, entry, where)
        if self._twins:
            self._found.remarks.append(
                f"{self._twins:,} entries of {self._dataset} are isomorphic to an earlier one, which counts"
            )

    def _is_first(self, index: int, key: str, entry: Any, entries: Mapping[str, Any], where: str) -> bool:
        first = self._keys.setdefault(index, key)
        if first == key:
            return True
        if _digits(first) != _digits(key):
            self._twins += 1
        elif repr(entries[first]) != repr(entry):
            raise ZsbenchError(f"{where} is there twice, with different values", _TWICE)
        return False

    def _keep(self, index: int, key: str, entry: Mapping[str, Any], where: str) -> None:
        if "arch" in entry and _digits(str(entry["arch"])) != _digits(key):
            raise ZsbenchError(f"{where} says that it is {shortened(str(entry['arch']))}", _FORMAT)
        try:
            for name, value in entry.items():
                if name == ACCURACY:
                    self._found.add_accuracy(self._dataset, ACCURACY, index, value)
                elif name not in _ABOUT:
                    self._score(index, name, value)
        except ValueError as error:
            raise ZsbenchError(f"{where}: {error}", _FORMAT) from None

    def _score(self, index: int, name: str, value: Any) -> None:
        if isinstance(value, _Measured):
            seconds = float("nan") if value.time is None else float(value.time)
            self._found.add(self._dataset, index, name, value.score, seconds)
        elif isinstance(value, dict | list | str):
            held = f": it holds {', '.join(value)}, not score and time" if isinstance(value, dict) else ""
            raise ValueError(f"the field {name!r} is unknown{held}")  # noqa: TRY004 (a field of a file)
        elif name in self._names:
            self._found.add(self._dataset, index, name, value)
        else:
            raise ValueError(f"the field {name!r} is unknown: no score of NAS-Bench-Suite-Zero, no proxy here")


def _digits(key: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", key))


def _space_of(path: Path) -> Space:
    named = {**_SPACES, **{name: name for name in sorted(spaces(), key=len, reverse=True)}}
    for part, name in named.items():
        if part in path.name.lower():
            return find_space(name)
    raise UsageError(
        f"which space do the architectures of {path.name} belong to? Neither its name nor its content tells",
        "--space nb201, or nb101, transnas-micro ...",
    )


def _opened(path: Path) -> Any:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with _opened(path) as file:
            content = json.loads(file.read(), object_pairs_hook=_compact)
    except _DoubleKeyError as error:
        raise ZsbenchError(f"{path} has {shortened(str(error))} twice, with different values", _TWICE) from None
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise ZsbenchError(
            f"{path} is truncated or no JSON: {reason}", "fetch it again; nothing was imported"
        ) from error
    if not isinstance(content, dict) or not content:
        raise ZsbenchError(f"{path} is not in the format of NAS-Bench-Suite-Zero: no object of datasets", _FORMAT)
    return content


def _compact(pairs: list[tuple[str, Any]]) -> Any:
    """Keep a score and its time as a pair, which takes a tenth of the memory, and refuse contradictions."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found and repr(found[key]) != repr(value):
            raise _DoubleKeyError(key)
        found[key] = value
    if "score" in found and found.keys() <= {"score", "time"}:
        return _Measured(found["score"], found.get("time"))
    return found


def written(sets: Sequence[ScoreSet], space: Space, accuracies: Mapping[str, Floats]) -> tuple[bytes, int]:
    """Return sets of scores, one a dataset, as such a file, and how many scores it lacks as they have no number.

    `accuracies` are (n,) of a dataset, for `val_accuracy`. Names of proxies are the format's, as are millions of
    parameters and multiply-accumulates.
    """
    theirs = {ours: name for name, ours in ALIASES.items()}
    content: dict[str, dict[str, Any]] = {}
    lacking = 0
    for scores in sets:
        entries = content.setdefault(scores.dataset, {})
        for row, index in enumerate(scores.index.tolist()):
            key = space.exchange_key(index)
            entry: dict[str, Any] = {"idx": str(index), "arch": key}
            if scores.dataset in accuracies and not math.isnan(accuracy := float(accuracies[scores.dataset][index])):
                entry[ACCURACY] = accuracy
            for stored, column in scores.columns.items():
                name = stored.rpartition("@")[0] if scores.conditions.are_theirs else stored
                value = float(column.value[row])
                if not math.isfinite(value):
                    lacking += bool(column.scored[row])
                    continue
                millions = name in _MILLIONS and not scores.conditions.are_theirs
                seconds = float(column.seconds[row])
                entry[theirs.get(name, name)] = {
                    "score": value / 1e6 if millions else value,
                    "time": None if math.isnan(seconds) else seconds,
                }
            entries[key] = entry
    return json.dumps(content, allow_nan=False).encode(), lacking
