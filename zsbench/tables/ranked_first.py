"""What we find for the network that a proxy ranks first, over one set of networks and the seeds it was scored under."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.conditions import Conditions
from zsbench.registry import Proxy
from zsbench.stats.estimate import Floats, Ints
from zsbench.stats.pick import pick, pick_from_draws
from zsbench.tables.apart import apart
from zsbench.tables.conditions_together import Where, kind
from zsbench.tables.measured import Measured, chosen


@dataclass(frozen=True, eq=False)
class Run:
    """The scores of one proxy under one seed."""

    index: Ints
    """(n,) ascending; the networks tried whose accuracy is known."""
    score: Floats
    """(n,) oriented; -inf where the proxy gave no number: such a network is never taken."""
    conditions: tuple[Conditions, ...] = ()
    """What it was scored under; empty if nothing had to be scored."""

    @property
    def alike(self) -> str:
        """What runs that differ only in the seed, and so in the batch drawn, have in common."""
        return "+".join(sorted({dataclasses.replace(c, seed=0, input_digest="").id for c in self.conditions}))


@dataclass(frozen=True)
class Found:
    """What the network ranked first is worth: a mean over ties, and over seeds where there are several."""

    accuracy: float
    low: float
    """Lowest among tied networks, of all seeds; NaN for draws."""
    high: float
    tied: int | None
    """How many networks share the highest score (the most under any seed); None for draws."""
    rank: float
    """By accuracy among the n; NaN for draws."""
    sd: float
    """From seed to seed, or from draw to draw; NaN where there is only one."""
    seeds: int
    n: int
    best: float
    """The best accuracy among the n."""

    @property
    def reach(self) -> tuple[float, float]:
        """From the lowest to the highest that another tie, seed or draw would give."""
        sd = 0.0 if math.isnan(self.sd) else self.sd
        low, high = (self.accuracy if math.isnan(end) else end for end in (self.low, self.high))
        return min(low, self.accuracy - sd), max(high, self.accuracy + sd)


def one_kind(found: Mapping[Where, Sequence[Measured]]) -> tuple[dict[Where, list[Measured]], list[str]]:
    """Return of each (space, dataset) the scores of one kind of conditions, under all its seeds; and what is left out.

    It is the kind that covers most networks in all, and of two equal ones the first.
    """
    networks: dict[Conditions, dict[Where, int]] = {}
    for where, tables in found.items():
        for table in tables:
            covered = networks.setdefault(_whatever_the_seed(table), {})
            covered[where] = max(covered.get(where, 0), len(table.index))
    if not networks:
        return {where: [] for where in found}, []
    taken = max(networks, key=lambda conditions: sum(networks[conditions].values()))
    kept = {where: [one for one in tables if _whatever_the_seed(one) == taken] for where, tables in found.items()}
    left_out = [
        f"Left out, as other conditions are never mixed in: {len(table.index):,} networks of {' '.join(where)} scored "
        f"under {apart([taken, _whatever_the_seed(table)])[1]}."
        for where, tables in found.items()
        for table in tables
        if _whatever_the_seed(table) != taken
    ]
    return kept, left_out


def _whatever_the_seed(table: Measured) -> Conditions:
    return dataclasses.replace(kind(table), seed=0)


def runs_of(proxy: Proxy, tables: Sequence[Measured], truth: Floats) -> list[Run]:
    """Return the runs of a proxy over the most networks there are, one a seed; no run if it gave no number.

    Runs under other conditions than the seed, or over other networks, are never taken together.
    """
    found = [run for table in tables for run in _runs(proxy, table, truth)]
    if not found:
        return []
    most = max(found, key=lambda run: len(run.index))
    return [run for run in found if run.alike == most.alike and np.array_equal(run.index, most.index)]


def _runs(proxy: Proxy, table: Measured, truth: Floats) -> list[Run]:
    runs = []
    for column in chosen(table.scores, [proxy]):
        kept = column.scored & np.isfinite(truth[table.index])
        if column.usable[kept].any():
            score = np.where(column.usable, column.value, -math.inf)
            runs.append(Run(table.index[kept], score[kept], column.conditions))
    return runs


def run_over_all(score: Floats, truth: Floats) -> Run:
    """Return the run of what is known of every network of a space without scoring it."""
    index = np.flatnonzero(np.isfinite(truth))
    return Run(index, score[index])


def found_first(runs: Sequence[Run], truth: Floats) -> Found:
    """Return what runs over the same networks, at least one, rank first."""
    accuracies = truth[runs[0].index]
    picks = [pick(run.score, accuracies) for run in runs]
    values = np.array([one.accuracy for one in picks])
    return Found(
        accuracy=float(values.mean()),
        low=min(one.low for one in picks),
        high=max(one.high for one in picks),
        tied=max(one.tied for one in picks),
        rank=float(np.mean([one.rank for one in picks])),
        sd=_sd(values),
        seeds=len(runs),
        n=len(accuracies),
        best=float(accuracies.max()),
    )


def found_in_draws(runs: Sequence[Run], truth: Floats, size: int) -> Found:
    """Return what the same runs rank first in random draws of `size` networks; at most as many as they hold.

    The spread is that of one draw under one seed.
    """
    accuracies = truth[runs[0].index]
    drawn = [pick_from_draws(run.score, accuracies, size) for run in runs]
    means = np.array([one.mean for one in drawn])
    between = 0.0 if len(runs) == 1 else float(means.var(ddof=1))
    within = float(np.mean([one.sd**2 for one in drawn]))
    return Found(
        accuracy=float(means.mean()),
        low=math.nan,
        high=math.nan,
        tied=None,
        rank=math.nan,
        sd=math.sqrt(between + within),
        seeds=len(runs),
        n=len(accuracies),
        best=float(accuracies.max()),
    )


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan
