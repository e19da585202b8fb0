"""How alike proxies rank: Kendall's tau-b of every two, on the networks where both have a number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from zsbench.stats import kendall
from zsbench.stats.estimate import Floats
from zsbench.tables.captions import title
from zsbench.tables.correlations import Correlations
from zsbench.tables.records import number
from zsbench.tables.table import Cell, Column, Table

_RECORD_COLUMNS = tuple(
    Column(name) for name in ("space", "dataset", "regime", "proxy", "other", "statistic", "value", "n", "conditions")
)


def between_proxies(result: Correlations) -> tuple[Floats, Floats]:
    """Return tau-b and the number of networks, (proxies, proxies), in the order of the lines; NaN where undefined."""
    columns = [line.scores for line in result.lines]
    tau, shared = np.full((len(columns), len(columns)), np.nan), np.zeros((len(columns), len(columns)))
    for i, column in enumerate(columns):
        shared[i, i] = column.usable.sum()
        tau[i, i] = kendall(column.value[column.usable], column.value[column.usable]).value
    for (i, one), (j, other) in combinations(enumerate(columns), 2):
        both = one.usable & other.usable
        tau[i, j] = tau[j, i] = kendall(one.value[both], other.value[both]).value
        shared[i, j] = shared[j, i] = both.sum()
    return tau, shared


def matrix_table(result: Correlations) -> Table:
    """Return the matrix as people read it: a row and a column a proxy, the best first."""
    tau, _ = between_proxies(result)
    names = [line.scores.proxy.name for line in result.lines]
    rows = tuple((name, *values) for name, values in zip(names, tau.tolist(), strict=True))
    columns = (Column("proxy"), *(Column(name, digits=2, priority=place) for place, name in enumerate(names)))
    caption = "tau-b between two proxies, on the networks where both have a number; 1: they rank alike."
    return Table(f"{title(result)}, between proxies", columns, rows, (caption,))


def matrix_records(results: Sequence[Correlations]) -> Table:
    """Return the matrices for programs, one row a (set, regime, proxy, other proxy)."""
    rows: list[tuple[Cell, ...]] = []
    for result in results:
        tau, shared = between_proxies(result)
        for i, one in enumerate(result.lines):
            conditions = "+".join(c.id for c in one.scores.conditions)
            where = (result.space, result.dataset, result.regime.name, one.scores.proxy.name)
            for j, other in enumerate(result.lines):
                value, n = number(float(tau[i, j])), int(shared[i, j])
                rows.append((*where, other.scores.proxy.name, "kendall", value, n, conditions))
    return Table("", _RECORD_COLUMNS, tuple(rows))
