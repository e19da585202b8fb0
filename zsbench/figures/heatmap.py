"""Heat map: Kendall's tau-b of every proxy (rows) on every dataset and target (columns)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.grid import grid
from zsbench.figures.study import Study
from zsbench.figures.style import SMALL, TEXT, WIDTH, canvas, place
from zsbench.figures.tokens import INK, MUTED
from zsbench.figures.words import listed, name, number, under
from zsbench.tables.correlations import Correlations

_NAMES, _HEAD, _ROW, _COLUMN = 1.25, 0.62, 0.215, 0.92
"""Inches."""


@dataclass(frozen=True)
class Column:
    """tau-b by proxy on one dataset and target; NaN where undefined."""

    dataset: str
    target: str
    n: int
    tau: Mapping[str, float]


def draw(studies: Sequence[Study]) -> Drawn:
    """Draw all studies side by side; raise `NothingToReportError` if there is no correlation."""
    results = [result for study in studies for result in study.by_target.values()]
    columns = [_column(result) for result in results]
    if not any(math.isfinite(tau) for column in columns for tau in column.tau.values()):
        raise NothingToReportError("no correlation is defined on these networks", "score more of them")
    regimes = listed(dict.fromkeys(result.regime.name for result in results))
    conditions = "; ".join(dict.fromkeys(f"{result.space} {result.dataset} {under(result)}" for result in results))
    return Drawn(
        "heatmap",
        "Kendall's tau-b by dataset and target",
        f"tau-b of every proxy against every installed accuracy, best on average first; regime {regimes}; n of "
        f"networks above each column (a proxy that fails on some has fewer); {conditions}. Blue: ranks as the accuracy "
        "does; orange: backwards; –: no number.",
        _in_words(columns),
        heatmap(columns),
    )


def _column(result: Correlations) -> Column:
    where = result.dataset if result.space == "nb201" else f"{result.space} {result.dataset}"
    return Column(
        where,
        result.truth.target,
        result.networks,
        {name(line): line.estimates[0].value for line in result.lines},
    )


def _ordered(columns: Sequence[Column]) -> list[str]:
    """Return all proxies, the best mean first."""
    names = dict.fromkeys(proxy for column in columns for proxy in column.tau)

    def mean(proxy: str) -> float:
        known = [column.tau[proxy] for column in columns if math.isfinite(column.tau.get(proxy, math.nan))]
        return sum(known) / len(known) if known else -math.inf

    return sorted(names, key=lambda proxy: (-mean(proxy), proxy))


def _in_words(columns: Sequence[Column]) -> str:
    said = []
    for column in columns:
        known = sorted(((tau, proxy) for proxy, tau in column.tau.items() if math.isfinite(tau)), reverse=True)
        best = listed(f"{proxy} {number(tau)}" for tau, proxy in known[:3])
        said.append(f"{column.dataset} {column.target} (n = {column.n:,}): highest {best}")
    return f"Heat map of tau-b, {len(_ordered(columns))} proxies. {'; '.join(said)}."


def heatmap(columns: Sequence[Column]) -> Figure:
    """Draw a cell a proxy and column, with its number."""
    proxies = _ordered(columns)
    height = _HEAD + _ROW * len(proxies) + 0.06
    wide = min(_COLUMN, (WIDTH - _NAMES) / len(columns))
    figure = canvas(_NAMES + wide * len(columns) + 0.05, height)
    axes = place(figure, _NAMES, 0.05, wide * len(columns), _ROW * len(proxies))
    values = [[column.tau.get(proxy, math.nan) for column in columns] for proxy in proxies]
    grid(axes, values, digits=2, size=TEXT)
    axes.set_yticks(range(len(proxies)), proxies)
    axes.set_xticks([])
    for place_, column in enumerate(columns):
        for up, text, colour in ((29, column.dataset, INK), (17, column.target, INK), (5, f"n = {column.n:,}", MUTED)):
            axes.annotate(
                text,
                (place_, -0.5),
                (0, up),
                textcoords="offset points",
                size=SMALL if colour is MUTED else TEXT,
                color=colour.light,
                ha="center",
                weight="bold" if up == 29 else "normal",
            )
    return figure
