"""Test accuracy of the network that each proxy ranks first, published beside ours (kind `best`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zsbench.spaces.base import Space, Truth
from zsbench.stats.estimate import Floats
from zsbench.tables.best_layout import ALL, BestLayout, ChosenFrom
from zsbench.tables.measured import Measured
from zsbench.tables.printed_best import OPTIMUM, PrintedBest, datasets_of, read_printed_best
from zsbench.tables.ranked_first import Found, Run, found_first, found_in_draws, one_kind, run_over_all, runs_of
from zsbench.tables.records import number
from zsbench.tables.sources import Gap, Sources
from zsbench.tables.table import Cell, Column, Table
from zsbench.tables.verdict import INSIDE, NOTHING_PUBLISHED, missing, not_comparable, outside, within

TOLERANCE = 0.1
"""Per cent: less than by what two trainings of one network differ."""

_COLUMNS = (
    Column("space"),
    Column("dataset"),
    Column("proxy"),
    Column("chosen_from", priority=1),
    Column("published"),
    Column("ours", digits=2),
    Column("lowest", digits=2, priority=3),
    Column("highest", digits=2, priority=3),
    Column("tied", priority=3),
    Column("sd", digits=2, priority=2),
    Column("seeds", priority=5),
    Column("rank", digits=1, priority=4),
    Column("n"),
    Column("best_of_n", digits=2, priority=4),
    Column("best_of_all", digits=2, priority=5),
    Column("difference", digits=2),
    Column("verdict"),
)
_PUBLISHED = (
    "Published: accuracy of the network ranked first, ± the printed spread over runs, with source keys "
    "(data/published/sources.bib); chosen_from: all networks of the space, random draws of so many, or other."
)
_OURS = (
    "Ours: the mean over networks that share the highest score (tied; lowest and highest of them) and over seeds, from "
    "the n networks scored; params and FLOPs are known of every network. For draws: exact expectation and sd over "
    "random draws. rank: by accuracy among the n, 1 = best. best_of_n, best_of_all: the highest accuracy there is."
)
_VERDICTS = (
    "Difference: from the nearer end of the published values, rounding and printed spread included. Verdict: inside "
    f"them; within {TOLERANCE} of them; within what another tie, seed or draw of ours gives; else outside. A choice "
    "from a sample is not compared with a choice from all networks."
)


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the rows of one dataset stand on."""

    space: Space
    dataset: str
    truth: Truth
    tables: Sequence[Measured]
    sources: Sources

    @property
    def best(self) -> float:
        """The best accuracy of the whole space."""
        return float(np.nanmax(self.truth.values))

    @property
    def size(self) -> int:
        """How many networks have a known accuracy."""
        return int(np.isfinite(self.truth.values).sum())

    @property
    def tolerance(self) -> float:
        """`TOLERANCE` in the unit of the truth: per cent, or shares."""
        return TOLERANCE if self.best > 1 else TOLERANCE / 100

    def runs(self, proxy: str) -> list[Run]:
        """Return the scores of a proxy: of every network where they are known without scoring, else those stored."""
        whole = self._known(proxy)
        if whole is not None:
            return [run_over_all(whole, self.truth.values)]
        return runs_of(self.sources.proxies[proxy], self.tables, self.truth.values)

    def _known(self, proxy: str) -> Floats | None:
        if proxy == OPTIMUM:
            return self.truth.values
        return self.space.costs(self.dataset).get(proxy)


def make(layout: Mapping[str, Any], name: str, sources: Sources) -> Table:
    """Return one row a published value, and one a proxy of ours that nothing is published of."""
    plan = BestLayout.of(layout)
    printed = read_printed_best()
    stored, left_out = one_kind({where: sources.tables(*where, plan.protocol) for where in datasets_of(printed)})
    rows: list[tuple[Cell, ...]] = []
    for where, tables in stored.items():
        here = [row for row in printed if (row.space, row.dataset) == where]
        rows += [(*where, *row) for row in _dataset_rows(plan, here, where, tables, sources)]
    for text in left_out:
        sources.note(text)
    others = sorted({plan.our_name(row) for row in printed} - {OPTIMUM, *sources.proxies})
    unknown = f"Published, but no proxies of zsbench: {', '.join(others)}."
    captions = (_PUBLISHED, _OURS, _VERDICTS, *plan.remarks, unknown, f"Made by: zsbench table {name}.")
    return Table(plan.title, _COLUMNS, tuple(rows), captions)


def people_views(_layout: Mapping[str, Any], table: Table) -> list[Table]:
    """Return a made table as people read it: one a dataset, the captions below the last."""
    places = list(dict.fromkeys(row[:2] for row in table.rows))
    return [
        Table(
            f"{table.title}: {space}, {dataset}",
            table.columns[2:],
            tuple(row[2:] for row in table.rows if row[:2] == (space, dataset)),
            table.captions if (space, dataset) == places[-1] else (),
        )
        for space, dataset in places
    ]


def _dataset_rows(
    plan: BestLayout,
    printed: Sequence[PrintedBest],
    where: tuple[str, str],
    tables: Sequence[Measured],
    sources: Sources,
) -> list[tuple[Cell, ...]]:
    """Return the rows of a dataset without its name: the best there is first, then by proxy."""
    named: dict[str, list[PrintedBest | None]] = {}
    for row in printed:
        name = plan.our_name(row)
        if name == OPTIMUM or name in sources.proxies:
            named.setdefault(name, []).append(row)
    ground = _ground(plan, *where, tables, sources)
    if isinstance(ground, str):
        return [_without_ours(plan, name, row, ground) for name, row in _each(named)]
    runs = {name: ground.runs(name) for name in (OPTIMUM, *sources.proxies)}
    _note(plan, ground, {name: runs[name] for name in named}, runs)
    for name in (name for name in sources.proxies if runs[name] and name not in named):
        named[name] = [None]
    return [
        _row(plan, ground, name, row, runs[name])
        if runs[name]
        else _without_ours(plan, name, row, missing("not scored"))
        for name, row in _each(named)
    ]


def _each(named: Mapping[str, Sequence[PrintedBest | None]]) -> list[tuple[str, PrintedBest | None]]:
    ordered = sorted(named, key=lambda name: (name != OPTIMUM, name))
    return [(name, row) for name in ordered for row in named[name]]


def _ground(plan: BestLayout, space: str, dataset: str, tables: Sequence[Measured], sources: Sources) -> _Ground | str:
    """Return what a dataset's rows stand on, or the verdict that says why nothing of ours can."""
    if space in plan.elsewhere:
        return not_comparable(plan.elsewhere[space])
    truth, known = sources.truth(space, dataset, plan.target), sources.space(space)
    if isinstance(known, Gap):
        return missing(known.why)
    if isinstance(truth, Gap):
        if truth.brings:
            sources.note(f"Missing, as {truth.why}: {truth.brings}.")
        return missing(truth.why)
    return _Ground(known, dataset, truth, tables, sources)


def _note(
    plan: BestLayout, ground: _Ground, named: Mapping[str, Sequence[Run]], runs: Mapping[str, Sequence[Run]]
) -> None:
    """Say what the numbers of a dataset are over, and what brings those that are not there."""
    place, sources = f"{ground.space.name} {ground.dataset}", ground.sources
    sources.note(f"Target {plan.target}, {place}: {ground.truth.source}.")
    conditions = {c.describe(): None for found in runs.values() for run in found for c in run.conditions}
    if conditions:
        sources.note(f"Conditions, {place}: {'; '.join(conditions)}.")
    if unscored := sorted(name for name, found in named.items() if not found):
        protocol = sources.protocol or plan.protocol
        command = f"zsbench score --space {ground.space.name} --dataset {ground.dataset} --protocol {protocol}"
        sources.note(f"Not scored, {place}: {', '.join(unscored)}; {command}{sources.options} brings them.")


def _without_ours(plan: BestLayout, name: str, printed: PrintedBest | None, verdict: str) -> tuple[Cell, ...]:
    return (name, *_published(plan, printed), *(None,) * 11, verdict)


def _published(plan: BestLayout, printed: PrintedBest | None) -> tuple[Cell, Cell]:
    return (plan.among(printed).text, printed.shown) if printed else (None, None)


def _row(
    plan: BestLayout, ground: _Ground, name: str, printed: PrintedBest | None, runs: Sequence[Run]
) -> tuple[Cell, ...]:
    n, truth = len(runs[0].index), ground.truth.values
    among = plan.among(printed) if printed else ALL
    obstacle = _obstacle(ground, name, among, n)
    found = found_in_draws(runs, truth, among.draw) if not obstacle and 0 < among.draw < n else found_first(runs, truth)
    ends = (number(found.low), number(found.high), found.tied, number(found.sd), found.seeds, number(found.rank))
    ours = (found.accuracy, *ends, n, found.best, ground.best)
    distance = printed.distance(found.accuracy) if printed else None
    return (name, *_published(plan, printed), *ours, distance, _verdict(printed, found, obstacle, ground.tolerance))


def _obstacle(ground: _Ground, name: str, among: ChosenFrom, n: int) -> str:
    """Return why a choice of ours from n networks is another matter than a published one; empty if it is not."""
    if among.otherwise:
        return among.otherwise
    if among.all and n < ground.size:
        return f"ours from {n:,} of {ground.size:,} networks"
    if among.draw > n:
        return f"ours from {n:,} networks"
    if among.draw and n > among.draw and name in ground.sources.proxies and ground.sources.proxies[name].is_aggregate:
        return "an aggregate ranks within each draw anew"
    return ""


def _verdict(printed: PrintedBest | None, found: Found, obstacle: str, tolerance: float) -> str:
    if printed is None:
        return NOTHING_PUBLISHED
    if obstacle:
        return not_comparable(obstacle)
    distance = printed.distance(found.accuracy)
    if distance == 0:
        return INSIDE
    if abs(distance) <= tolerance:
        return within(f"{tolerance:g}")
    low, high = found.reach
    if low <= printed.high and high >= printed.low:
        return within("our ties, seeds or draws")
    return outside(distance, 2)
