"""A proxy's recorded scores beside its new ones: the same networks and, where there are any, the same seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from zsbench.conditions import Conditions
from zsbench.stats.estimate import Bools, Floats, Ints
from zsbench.store.model import MISSING, Codes, StoredSet, Texts


@dataclass(frozen=True, eq=False)
class Runs:
    """One definition of a proxy on n networks, scored S times: under S seeds, otherwise under equal conditions."""

    proxy: str
    version: int
    conditions: tuple[Conditions, ...]
    """(S,) by seed."""
    value: Floats
    """(S, n) raw scores, NaN where there is none."""
    status: Codes
    """(S, n)"""
    reason: Texts
    """(S, n)"""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each run."""
        return tuple(conditions.seed for conditions in self.conditions)

    @property
    def scored(self) -> Bools:
        """Where it was tried, (S, n)."""
        tried: Bools = self.status != MISSING
        return tried

    def only(self, rows: Sequence[int]) -> Runs:
        """Return some of the S runs."""
        take = list(rows)
        return Runs(
            self.proxy,
            self.version,
            tuple(self.conditions[row] for row in take),
            self.value[take],
            self.status[take],
            self.reason[take],
        )


def alike(conditions: Conditions) -> Conditions:
    """Return what runs that may be compared number by number have in common, apart from the seed."""
    return replace(conditions, seed=0, input_digest="", device="", torch="")


def runs_of(sets: Iterable[StoredSet], proxy: str, index: Ints) -> list[Runs]:
    """Return the runs of a proxy (whatever source it is called after) on the networks `index`, a group each.

    A group is one version of the definition under conditions that differ in nothing but the seed.
    """
    groups: dict[tuple[Conditions, int, str], list[tuple[Conditions, Floats, Codes, Texts]]] = {}
    for one in sets:
        for (name, version), column in one.columns.items():
            if name.partition("@")[0] == proxy:
                place, there = _places(one.index, index)
                value, status = np.full(len(index), np.nan), np.full(len(index), MISSING, np.uint8)
                reason = np.full(len(index), "", dtype=object)
                value[there], status[there] = column.value[place], column.status[place]
                reason[there] = column.reason[place]
                key = alike(one.conditions), version, name
                groups.setdefault(key, []).append((one.conditions, value, status, reason))
    found = []
    for (_, version, _name), rows in groups.items():
        rows.sort(key=lambda row: row[0].seed)
        value, status, reason = (
            np.stack([row[1] for row in rows]),
            np.stack([row[2] for row in rows]),
            np.stack([row[3] for row in rows]),
        )
        found.append(Runs(proxy, version, tuple(row[0] for row in rows), value, status, reason))
    return found


def _places(has: Ints, wanted: Ints) -> tuple[Ints, Bools]:
    """Return where in `has` (ascending) the `wanted` ones lie, and which of them it has at all."""
    place = np.searchsorted(has, wanted).clip(max=max(len(has) - 1, 0))
    there: Bools = np.asarray(has[place] == wanted)
    return place[there], there


@dataclass(frozen=True, eq=False)
class Pair:
    """A proxy then and now. Where `same`, row k of both has the same seed and conditions."""

    old: Runs
    new: Runs
    same: bool
    recorded: Runs
    """All runs of the baseline, also those that nothing new is of: they tell what a seed does."""

    @property
    def proxy(self) -> str:
        """Its name."""
        return self.old.proxy

    @cached_property
    def usable(self) -> Bools:
        """(n,) networks with a number in every run of both."""
        return np.asarray(np.isfinite(self.recorded.value).all(axis=0) & np.isfinite(self.new.value).all(axis=0))


def pair(old: Runs, candidates: Sequence[Runs]) -> Pair | None:
    """Return `old` beside the best of `candidates`: of the same conditions and seeds, else the one with most numbers.

    None if there are none, or none of their networks is one of `old`.
    """
    candidates = [one for one in candidates if (one.scored & old.scored.any(axis=0)).any()]
    if not candidates:
        return None
    for version in (old.version, None):
        for new in candidates:
            if version in (new.version, None) and alike(new.conditions[0]) == alike(old.conditions[0]):
                seeds = sorted(set(old.seeds) & set(new.seeds))
                if seeds:
                    rows = [old.seeds.index(seed) for seed in seeds], [new.seeds.index(seed) for seed in seeds]
                    return _on_common(old, new.only(rows[1]), rows[0], same=True)
    most = max(candidates, key=lambda one: (one.version == old.version, int(np.isfinite(one.value).sum())))
    return _on_common(old, most, range(len(old.value)), same=False)


def _on_common(recorded: Runs, new: Runs, rows: Sequence[int], *, same: bool) -> Pair:
    """Leave out of both what one of them was never tried on; `rows` of the recorded runs are compared."""
    gone: Bools = np.asarray(~(recorded.only(rows).scored.any(axis=0) & new.scored.any(axis=0)))
    kept = _without(recorded, gone)
    return Pair(kept.only(rows), _without(new, gone), same, kept)


def _without(runs: Runs, gone: Bools) -> Runs:
    value, status = runs.value.copy(), runs.status.copy()
    value[:, gone], status[:, gone] = np.nan, MISSING
    return replace(runs, value=value, status=status)
