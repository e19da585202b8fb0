"""Deterministic checks (`data/published/exact_checks.csv`) recomputed and compared digit by digit (kind `exact`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from zsbench.errors import NothingToReportError
from zsbench.spaces.base import Space
from zsbench.stats.estimate import Floats
from zsbench.tables.exact_hardware import KINDS as HARDWARE
from zsbench.tables.exact_kinds import FREE, KINDS, CheckKind, Ground, find_kind
from zsbench.tables.facts import fact_rows
from zsbench.tables.foreign import AT
from zsbench.tables.sources import Gap, Sources
from zsbench.tables.table import Cell, Column, Table
from zsbench.tables.verdict import INSIDE, missing, outside

_COLUMNS = (
    Column("check"),
    Column("published"),
    Column("ours", digits=6),
    Column("difference", digits=6),
    Column("how", human=False),
    Column("verdict"),
)
_LEGEND = (
    "Nothing here is drawn or trained, so a check is inside only if it agrees to every printed digit. Accuracies are "
    "rounded to 4 decimals first, as for the printed ones; column how says what each check is."
)
_FREE = "stat"
"""The area of checks that belong to no space."""
_HARDWARE = "hw"
"""The area of checks of measurements on devices."""
_TIES = (
    "Where cells within a budget tie for the highest score, print takes the first in the order of a table of its own: "
    "ours is then the tied cell whose accuracy is nearest to print."
)
_SENTINEL = (
    "Print counts the latency of cells that did not compile for the Edge TPU (-1 in the file) as the lowest of all; so "
    "do these checks, and nothing else here does."
)


@dataclass(frozen=True)
class Check:
    """One row of the file of checks."""

    name: str
    """`AREA.WHAT...`: the area is a space, `stat`, or what the layout names as missing."""
    text: str
    """The value as printed, without trailing zeros."""
    how: str

    @property
    def area(self) -> str:
        """What comes before the first point."""
        return self.name.partition(".")[0]

    @property
    def what(self) -> str:
        """What comes after it."""
        return self.name.partition(".")[2]


@dataclass(frozen=True)
class WantedTruth:
    """Which accuracies checks of a dataset were made with."""

    space: str
    dataset: str
    what: str
    sha256: str = ""
    target: str = ""
    """The target that they are called, where no digest tells."""

    def is_it(self, target: str, values: Floats) -> bool:
        """Return whether accuracies (n,) in per cent, installed as `target`, are these, to ten-thousandths."""
        if self.target:
            return target == self.target
        return bool(np.isfinite(values).all()) and digest(values, 1e4) == self.sha256


def digest(values: Floats, parts: float) -> str:
    """Return the sha256 of numbers (n,) rounded to so many parts of one."""
    return hashlib.sha256(np.rint(values * parts).astype("<i8").tobytes()).hexdigest()


def read_checks() -> list[Check]:
    """Return the checks that ship with zsbench; raise `ZsbenchError` if they cannot be read."""
    return [Check(row["check"], row["value"], row["how"]) for row in fact_rows("exact_checks")]


def make(layout: Mapping[str, Any], name: str, sources: Sources) -> Table:
    """Return one row a check: printed, recomputed where the installed data allow, difference, verdict."""
    desk = _Desk(layout, sources)
    rows = tuple(desk.row(check) for check in read_checks())
    return Table(layout["title"], _COLUMNS, rows, (_LEGEND, f"Made by: zsbench table {name}."))


def agrees(value: float, text: str, digits: int) -> bool:
    """Return whether `value` is what was printed to so many decimals, trailing zeros left out."""
    return f"{value:.{digits}f}" == f"{float(text):.{digits}f}"


def people_views(_layout: Mapping[str, Any], table: Table) -> list[Table]:
    """Return a made table as people read it: what was recomputed, then how many checks miss what."""
    done = tuple(row for row in table.rows if row[2] is not None)
    gaps: dict[Cell, list[str]] = {}
    for row in table.rows:
        if row[2] is None:
            gaps.setdefault(row[-1], []).append(str(row[0]))
    lacking = tuple((len(names), names[0], verdict) for verdict, names in gaps.items())
    columns = (Column("checks"), Column("the first"), Column("verdict"))
    tables = [Table(table.title, table.columns, done), Table(f"{table.title}: not recomputed", columns, lacking)]
    shown = [one for one in tables if one.rows]
    return [*shown[:-1], replace(shown[-1], captions=table.captions)]


@dataclass(eq=False)
class _Desk:
    """Where checks are recomputed; loads each truth once."""

    layout: Mapping[str, Any]
    sources: Sources
    _grounds: dict[str, Ground] = field(default_factory=dict)
    _accuracies: dict[tuple[str, str], Floats | Gap] = field(default_factory=dict)
    _hardware: dict[tuple[str, str], Floats] = field(default_factory=dict)

    def row(self, check: Check) -> tuple[Cell, ...]:
        """Return the row of a check."""
        try:
            value, digits = self._recomputed(check)
        except NothingToReportError as error:
            if error.hint:
                self.sources.note(f"Missing, as {error.message}: {error.hint}.")
            return check.name, check.text, None, None, check.how, missing(error.message)
        if isinstance(value, np.ndarray):
            if len(value) > 1:
                self.sources.note(_TIES)
            value = float(min(value, key=lambda one: abs(one - float(check.text))))
        ours = int(value) if digits == 0 else value
        difference = round(round(value, digits) - float(check.text), digits) + 0.0  # no -0
        verdict = INSIDE if agrees(value, check.text, digits) else outside(difference, digits)
        return check.name, check.text, ours, difference, check.how, verdict

    def _recomputed(self, check: Check) -> tuple[float | Floats, int]:
        """Return a check's value, or the several that ties allow, and its decimals.

        Raise `NothingToReportError` that says what is missing.
        """
        if check.area == _FREE:
            kind, parts = _kind(check, FREE)
            return kind.compute(None, **parts), kind.digits
        on_devices = check.area == _HARDWARE
        ground = self._ground(self.layout["hardware"]["space"] if on_devices else check.area)
        kind, parts = _kind(check, HARDWARE if on_devices else KINDS)
        return kind.compute(ground, **parts), kind.digits

    def _ground(self, name: str) -> Ground:
        space = self.sources.space(name)
        if isinstance(space, Gap):
            raise NothingToReportError(space.why, space.brings)
        if space.name not in self._grounds:
            self._grounds[space.name] = _ground(space, self)
        return self._grounds[space.name]

    def accuracies(self, space: Space, dataset: str) -> Floats:
        """Return (n,) the accuracies that checks of a dataset are made with, to four decimals."""
        key = space.name, dataset
        if key not in self._accuracies:
            self._accuracies[key] = self._wanted_truth(space, dataset)
        found = self._accuracies[key]
        if isinstance(found, Gap):
            raise NothingToReportError(found.why, found.brings)
        return found

    def _wanted_truth(self, space: Space, dataset: str) -> Floats | Gap:
        wanted = [WantedTruth(**one) for one in self.layout["truth"]]
        (known,) = (one for one in wanted if (one.space, one.dataset) == (space.name, dataset))
        for target in space.targets(dataset):
            truth = self.sources.truth(space.name, dataset, target)
            if not isinstance(truth, Gap) and known.is_it(target, truth.values):
                self.sources.note(f"Accuracies of {space.name} {dataset}: {known.what}; here {truth.source}.")
                return np.round(truth.values, 4)
        options = "" if known.target else f" --dataset {dataset} --target test=COLUMN"
        return Gap(
            f"the {dataset} accuracies are not installed ({known.what})",
            f"zsbench data import {space.name} FILE{options}",
        )

    def hardware(self, space: Space, dataset: str, cost: str) -> Floats:
        """Return (n,) the measurements that checks are made with; NaN where a network did not compile."""
        if (dataset, cost) not in self._hardware:
            self._hardware[dataset, cost] = self._wanted_hardware(space, dataset, cost)
        values = self._hardware[dataset, cost]
        if np.isnan(values).any():
            self.sources.note(_SENTINEL)
        return values

    def _wanted_hardware(self, space: Space, dataset: str, cost: str) -> Floats:
        wanted = self.layout["hardware"]
        for name, values in space.imported_costs(dataset).items():
            if name.partition("@")[0] == cost and digest(np.nan_to_num(values, nan=-1), 1e6) == wanted["sha256"][cost]:
                return values
        raise NothingToReportError(
            f"the measurements of {wanted['what']} are not installed",
            f"zsbench data import {space.name} HW-NAS-Bench-v1_0.pickle (zsbench data list says where it comes from)",
        )

    def foreign(self, space: Space, dataset: str, proxy: str) -> Floats:
        """Return (n,) another project's stored scores, oriented; NaN where there are none."""
        source = self.layout["source"]
        scores = np.full(len(space), np.nan)
        tables = self.sources.tables(space.name, dataset, source)
        for table in tables:
            for column in table.scores:
                if column.measures == f"{proxy}{AT}{source}":
                    scores[table.index] = column.value
        if np.isnan(scores).all():
            raise NothingToReportError(
                f"no stored {source} scores {f'of {proxy} ' if tables else ''}on {dataset}",
                f"zsbench scores import FILE --space {space.name} (zsbench data list names the files)",
            )
        return scores


def _ground(space: Space, desk: _Desk) -> Ground:
    return Ground(
        space,
        accuracies=lambda dataset: desk.accuracies(space, dataset),
        foreign=lambda dataset, proxy: desk.foreign(space, dataset, proxy),
        hardware=lambda dataset, cost: desk.hardware(space, dataset, cost),
    )


def _kind(check: Check, kinds: tuple[CheckKind, ...]) -> tuple[CheckKind, dict[str, str]]:
    found = find_kind(check.what, kinds)
    if found is None:
        raise NothingToReportError("zsbench has no recipe for it")
    return found
