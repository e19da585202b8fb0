"""Scores as data frames: out to other tools, and in from another machine or another tool."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance, now
from zsbench.score import Score, Status
from zsbench.store.files import ensure_writable, new_path, write_whole
from zsbench.store.format import encode, valid_name
from zsbench.store.model import Scores, ScoreSet, StoredSet, value_fits
from zsbench.store.reader import read_scores
from zsbench.store.union import from_scores

COLUMNS = ("space", "dataset", "index", "arch", "proxy", "score", "status", "seconds", "conditions")
"""The long form, one row a (network, proxy): a public interface."""
PORTABLE = (*COLUMNS, "version", "reason")
"""With what another machine needs to take them in unchanged; `conditions` is then in full (JSON), not an id."""


@dataclass(frozen=True)
class ImportReport:
    """What `import_frame` stored."""

    path: Path
    scores: int
    proxies: tuple[str, ...]
    assumed_version: bool
    """Whether the rows named no version, so that they were taken as scores by today's definitions."""


def export_frame(scores: Scores, *, portable: bool = False) -> pd.DataFrame:
    """Return the long form, in the order space, dataset, conditions, proxy, index; `score` is raw, NaN if none."""
    columns = PORTABLE if portable else COLUMNS
    parts = [_long(s, proxy, portable=portable) for s in scores.sets for proxy in s.columns]
    if not parts:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(parts, ignore_index=True)[list(columns)]


def export_wide(scores: Scores) -> pd.DataFrame:
    """Return one row a (network, conditions) and one column a proxy, NaN where there is no score."""
    parts = []
    for s in scores.sets:
        place = {
            "space": s.space,
            "dataset": s.dataset,
            "index": s.index,
            "arch": s.arch,
            "conditions": s.conditions.id,
        }
        parts.append(pd.DataFrame(place | {proxy: column.value for proxy, column in s.columns.items()}))
    if not parts:
        return pd.DataFrame(columns=["space", "dataset", "index", "arch", "conditions"])
    return pd.concat(parts, ignore_index=True)


def import_frame(
    folder: Path,
    frame: pd.DataFrame,
    provenance: Provenance,
    *,
    known: Mapping[str, Conditions],
    versions: Mapping[str, int],
) -> ImportReport:
    """Store a long-form frame as a file of its own; all of it or, with a `ZsbenchError`, nothing.

    `known` gives conditions by id for rows that name only the id; `versions` the version of each proxy's definition
    for frames without a `version` column (1 for proxies it does not name).
    """
    assumed = "version" not in frame
    frame = _checked(frame, versions)
    conditions = {text: _conditions(text, known) for text in frame["conditions"].unique()}
    sets = [
        from_scores(str(space), str(dataset), conditions[text], _scores(rows))
        for (space, dataset, text), rows in frame.groupby(["space", "dataset", "conditions"], sort=True)
    ]
    ensure_writable(folder)
    path = new_path(folder, "import")
    write_whole(path, encode(sets, [provenance], now(), compress=True))
    return ImportReport(path, len(frame), tuple(sorted(frame["proxy"].unique())), assumed)


def import_foreign(
    folder: Path, source: str, space: str, datasets: Mapping[str, Iterable[Score]], provenance: Provenance
) -> ImportReport:
    """Store another project's scores as a file of their own, each as `PROXY@SOURCE`; all of them or none.

    Raise `ZsbenchError` if other values of the same scores are stored under this source.
    """
    conditions = Conditions.of_source(source)
    named = {dataset: [_at(score, source) for score in scores] for dataset, scores in datasets.items()}
    sets = [from_scores(space, dataset, conditions, scores) for dataset, scores in named.items()]
    stored = read_scores(folder, space=space)
    for new in sets:
        old = stored.find(space, new.dataset, conditions)
        if old is not None:
            _refuse_others(old, new, source)
    ensure_writable(folder)
    path = new_path(folder, "import")
    write_whole(path, encode(sets, [provenance], now(), compress=True))
    proxies = sorted({score.proxy for scores in named.values() for score in scores})
    return ImportReport(path, sum(map(len, named.values())), tuple(proxies), assumed_version=False)


def _at(score: Score, source: str) -> Score:
    return dataclasses.replace(score, proxy=f"{score.proxy}@{source}")


def _refuse_others(old: ScoreSet, new: StoredSet, source: str) -> None:
    common, there, here = np.intersect1d(old.index, new.index, return_indices=True)
    for (proxy, _), column in new.columns.items():
        if proxy not in old.columns or not len(common):
            continue
        before, after = old.columns[proxy].value[there], column.value[here]
        other = np.isfinite(before) & np.isfinite(after) & (before != after)
        if other.any():
            place = int(np.flatnonzero(other)[0])
            raise ZsbenchError(
                f"{int(other.sum()):,} scores of {proxy} on {new.dataset} are stored with other values: architecture "
                f"{common[place]} has {before[place]:g}, the file {after[place]:g}",
                f"another file of {source}? Give it a name of its own with --source; nothing was imported",
            )


def _long(scores: ScoreSet, proxy: str, *, portable: bool) -> pd.DataFrame:
    column = scores.columns[proxy]
    frame = pd.DataFrame(
        {
            "space": scores.space,
            "dataset": scores.dataset,
            "index": scores.index,
            "arch": scores.arch,
            "proxy": proxy,
            "score": column.value,
            "status": column.names(),
            "seconds": column.seconds,
            "conditions": scores.conditions.to_json() if portable else scores.conditions.id,
            "version": column.version,
            "reason": column.reason,
        }
    )
    return frame[column.scored]


def _checked(frame: pd.DataFrame, versions: Mapping[str, int]) -> pd.DataFrame:
    """Return the frame with all `PORTABLE` columns, typed; raise `ZsbenchError` that names the first bad row."""
    if missing := [name for name in COLUMNS if name not in frame]:
        raise ZsbenchError(f"no column {', '.join(missing)}", f"the long form has {', '.join(COLUMNS)}")
    if frame.empty:
        raise ZsbenchError("there are no rows")
    frame = frame.reset_index(drop=True)
    if "version" not in frame:
        frame = frame.assign(version=[versions.get(proxy, 1) for proxy in frame["proxy"]])
    frame = frame.assign(reason=frame["reason"].fillna("") if "reason" in frame else "")
    for name in ("score", "seconds", "index", "version"):
        frame[name] = _numbers(frame, name)
    _require(frame, frame["index"].ge(0) & frame["index"].mod(1).eq(0), "index is not a whole number from 0 up")
    _require(frame, frame["version"].ge(1) & frame["version"].mod(1).eq(0), "version is not a whole number from 1 up")
    _require(frame, ~(frame["seconds"].lt(0) | np.isinf(frame["seconds"])), "seconds are negative or infinite")
    for name in ("space", "dataset", "proxy"):
        _require(frame, _each(frame[name], valid_name), f"{name} is not a name")
    for name in ("arch", "conditions"):
        _require(frame, _each(frame[name], bool), f"{name} is empty")
    _require(frame, frame["status"].isin([str(s) for s in Status]), f"status is none of {', '.join(Status)}")
    statuses = {str(s): s for s in Status}
    fits = [value_fits(statuses[s], v) for s, v in zip(frame["status"].tolist(), frame["score"].tolist(), strict=True)]
    _require(frame, pd.Series(fits), "score and status contradict each other (a score is finite if and only if ok)")
    return _unambiguous(frame.astype({"index": np.int64, "version": np.int64}))


def _each(texts: pd.Series[str], good: Callable[[str], bool]) -> pd.Series[bool]:
    return texts.map({text: isinstance(text, str) and good(text) for text in texts.unique()})


def _unambiguous(frame: pd.DataFrame) -> pd.DataFrame:
    key = ["space", "dataset", "conditions", "index", "proxy", "version"]
    _require(frame, ~frame.duplicated(key), "the same network and proxy as an earlier row")
    archs = frame.groupby(["space", "dataset", "conditions", "index"])["arch"].transform("first")
    _require(frame, archs.eq(frame["arch"]), "another arch than an earlier row of this index")
    return frame


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series[float]:
    column = frame[name]
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64)
    numbers = [_number(value) for value in column.tolist()]
    _require(frame, pd.Series([number is not None for number in numbers]), f"{name} is not a number")
    return pd.Series(numbers, dtype=np.float64)


def _number(value: object) -> float | None:
    if value is None or value == "":
        return math.nan
    try:
        return float(str(value))
    except ValueError:
        return None


def _require(frame: pd.DataFrame, good: pd.Series[bool], complaint: str) -> None:
    bad = np.flatnonzero(~good.to_numpy(dtype=bool))
    if len(bad):
        row = int(bad[0])
        shown = {name: frame[name].iloc[row] for name in ("index", "proxy", "score", "status")}
        facts = ", ".join(f"{name} {value}" for name, value in shown.items())
        more = f" ({len(bad):,} such rows)" if len(bad) > 1 else ""
        raise ZsbenchError(f"row {row + 1}: {complaint}: {facts}{more}", "nothing was imported")


def _conditions(text: str, known: Mapping[str, Conditions]) -> Conditions:
    if text.lstrip().startswith("{"):
        return Conditions.from_json(text)
    if text in known:
        return known[text]
    raise ZsbenchError(
        f"conditions {text!r} are not known here",
        "export with --portable on the machine that has them, or give them in full (JSON)",
    )


def _scores(rows: pd.DataFrame) -> list[Score]:
    names = ["index", "arch", "proxy", "version", "score", "status", "seconds", "reason"]
    statuses = {str(s): s for s in Status}
    return [
        Score(index, arch, proxy, version, value, statuses[status], seconds, reason)
        for index, arch, proxy, version, value, status, seconds, reason in zip(
            *(rows[name].tolist() for name in names), strict=True
        )
    ]
