"""What repeating with other seeds changes: one row a proxy and statistic."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.spaces.base import Space, Truth
from zsbench.stats import Regime
from zsbench.stats.estimate import Floats, Ints
from zsbench.stats.seeds import over_seeds, rank_variances
from zsbench.tables.captions import NO_EQUALS
from zsbench.tables.correlations import Question, ranked_networks
from zsbench.tables.measured import Measured, chosen
from zsbench.tables.records import number
from zsbench.tables.shared import without_equals
from zsbench.tables.table import Cell, Column, Table

_COLUMNS = (
    *(Column(name, human=False) for name in ("space", "dataset", "target", "regime")),
    Column("proxy"),
    Column("statistic"),
    Column("mean", digits=3),
    Column("sd", digits=3),
    Column("low", digits=3, priority=1),
    Column("high", digits=3, priority=1),
    Column("stderr", digits=3, human=False),
    Column("seeds"),
    Column("n"),
    Column("between", digits=4, human=False),
    Column("within", digits=4, human=False),
    Column("reliability", digits=3),
    Column("conditions", priority=2),
)
_MEANS = (
    "n: networks with a number under every seed. sd: of the statistic over seeds. low, high: 95 % interval of the mean "
    "from the jackknife over networks and the spread over seeds."
)
_RELIABILITY = (
    "Reliability: variance of score ranks between networks, as a share of that between and within networks (intraclass "
    "correlation): 1 where the seed changes no rank."
)


@dataclass(frozen=True, eq=False)
class Repeated:
    """A proxy's scores under several seeds and otherwise equal conditions."""

    proxy: str
    conditions: str
    """What all seeds have in common, as twelve hexadecimal digits a part."""
    described: str
    """The same in words, of the first seed."""
    seeds: tuple[int, ...]
    index: Ints
    """(n,) networks that have a number under every seed."""
    scores: Floats
    """(S, n) oriented."""


def repeated(tables: Sequence[Measured], index: Ints, question: Question) -> list[Repeated]:
    """Return the proxies asked for that have two seeds or more, on the networks `index`, from tables of one dataset."""
    found: dict[tuple[str, str], dict[int, tuple[Ints, Floats]]] = {}
    described: dict[str, str] = {}
    for table in tables:
        places = np.flatnonzero(np.isin(table.index, index))
        columns = [column.restricted(places) for column in table.scores]
        for column in chosen(columns, question.proxies):
            alike = "+".join(sorted({dataclasses.replace(c, seed=0, input_digest="").id for c in column.conditions}))
            described.setdefault(alike, "; ".join(c.describe() for c in column.conditions))
            kept = column.usable
            under = found.setdefault((column.proxy.name, alike), {})
            under[column.conditions[0].seed] = table.index[places][kept], column.value[kept]
    return [
        _joined(proxy, alike, described[alike], under)
        for (proxy, alike), under in sorted(found.items())
        if len(under) > 1
    ]


def _joined(proxy: str, conditions: str, described: str, under: dict[int, tuple[Ints, Floats]]) -> Repeated:
    seeds = tuple(sorted(under))
    common = under[seeds[0]][0]
    for seed in seeds[1:]:
        common = np.intersect1d(common, under[seed][0], assume_unique=True)
    scores = [under[seed][1][np.searchsorted(under[seed][0], common)] for seed in seeds]
    return Repeated(proxy, conditions, described, seeds, common, np.array(scores).reshape(len(seeds), len(common)))


def over_seeds_table(
    tables: Sequence[Measured], space: Space, truth: Truth, regime: Regime, question: Question
) -> Table:
    """Return means and spreads over seeds of what is stored of one dataset under several; no rows if nothing is.

    Raises `NothingToReportError` if the regime is empty.
    """
    dataset = tables[0].dataset
    index = np.unique(np.concatenate([table.index[table.tried] for table in tables]))
    kept = ranked_networks(index, dataset, space, truth, regime)
    where = (space.name, dataset, truth.target, regime.name)
    found = repeated(tables, kept, question)
    costs = space.all_costs(dataset)
    rows = [(*where, *row) for one in found for row in _rows(one, truth, costs, question)]
    equals = (f"{NO_EQUALS} Over seeds equal networks do not share scores.",) if without_equals(index, space) else ()
    conditions = {one.conditions: f"Conditions {one.conditions}, first seed: {one.described}." for one in found}
    return Table(
        f"{space.name}, {dataset}, target {truth.target}, regime {regime.name}, over seeds",
        _COLUMNS,
        tuple(rows),
        (f"Target {truth.target}: {truth.source}.", *equals, _MEANS, _RELIABILITY, *conditions.values()),
    )


def _rows(repeated: Repeated, truth: Truth, costs: Mapping[str, Floats], question: Question) -> list[tuple[Cell, ...]]:
    values, n = truth.values[repeated.index], len(repeated.index)
    between, within = rank_variances(repeated.scores) if n > 1 else (np.nan, np.nan)
    share = between / (between + within) if between + within else np.nan
    given = {name: cost[repeated.index] for name, cost in costs.items()}
    rows: list[tuple[Cell, ...]] = []
    for statistic in question.statistics:
        found = over_seeds(repeated.scores, values, statistic, given)
        mean = found.mean
        numbers = [number(one) for one in (mean.value, found.sd, mean.low, mean.high, mean.stderr)]
        about = (len(repeated.seeds), n, number(between), number(within), number(share), repeated.conditions)
        rows.append((repeated.proxy, statistic.name, *numbers, *about))
    return rows
