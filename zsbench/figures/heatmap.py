"""Heat map: Kendall's tau-b of every proxy (rows) on every dataset and target (columns)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.grid import grid
from zsbench.figures.lettering import INCH, SMALL, TEXT, beside, fitted
from zsbench.figures.study import Study
from zsbench.figures.style import WIDTH, canvas, place
from zsbench.figures.tokens import MUTED
from zsbench.figures.words import listed, name, number, under
from zsbench.tables.correlations import Correlations

_NAMES, _HEAD, _LINE, _ROW, _COLUMN, _NARROWEST = 1.0, 0.62, 0.165, 0.205, 0.92, 0.55
"""Inches; names take so many at least."""


@dataclass(frozen=True)
class Column:
    """tau-b by proxy on one dataset and target; NaN where undefined."""

    space: str
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
    return Column(
        result.space,
        result.dataset,
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
        said.append(f"{column.space} {column.dataset} {column.target} (n = {column.n:,}): highest {best}")
    return f"Heat map of tau-b, {len(_ordered(columns))} proxies. {'; '.join(said)}."


def heatmap(columns: Sequence[Column]) -> Figure:
    """Draw a cell a proxy and column, with its number."""
    proxies = _ordered(columns)
    head = _HEAD + (_LINE if len({column.space for column in columns}) > 1 else 0)
    height = head + _ROW * len(proxies) + 0.06
    # Columns too narrow for their number make the figure wider instead.
    names, left = beside(proxies, least=_NAMES)
    wide = max(min(_COLUMN, (WIDTH - left) / len(columns)), _NARROWEST)
    figure = canvas(left + wide * len(columns) + 0.05, height)
    axes = place(figure, left, 0.05, wide * len(columns), _ROW * len(proxies))
    values = [[column.tau.get(proxy, math.nan) for column in columns] for proxy in proxies]
    grid(axes, values, digits=2, size=TEXT)
    axes.set_yticks(range(len(proxies)), names)
    axes.set_xticks([])
    several = len({column.space for column in columns}) > 1
    for at, column in enumerate(columns):
        lines = (*((column.space,) if several else ()), column.dataset, column.target)
        _head(axes, at, lines, f"n = {column.n:,}", wide * INCH)
    return figure


def _head(axes: Axes, at: int, lines: Sequence[str], n: str, room: float) -> None:
    """Write above a column what it is, the first line bold, in points that fit into its `room`."""
    above = {"textcoords": "offset points", "ha": "center", "annotation_clip": False}
    n, size = fitted(n, SMALL, room - 3)
    axes.annotate(n, (at, -0.5), (0, 5), size=size, color=MUTED.light, **above)  # type: ignore[arg-type]
    for up, text in enumerate(reversed(lines)):
        bold = up == len(lines) - 1
        fitting, size = fitted(text, TEXT, room - 3, bold=bold)
        weight = "bold" if bold else "normal"
        axes.annotate(fitting, (at, -0.5), (0, 17 + 12 * up), size=size, weight=weight, **above)  # type: ignore[arg-type]
