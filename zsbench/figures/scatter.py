"""Scatter: accuracy against the rank of the score, one panel a proxy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.study import Study
from zsbench.figures.style import SMALL, TEXT, WIDTH, canvas, place
from zsbench.figures.tokens import INK, MUTED, families
from zsbench.figures.words import family, listed, name, number, over, with_interval
from zsbench.stats import Estimate
from zsbench.stats.estimate import Floats
from zsbench.tables.correlations import Line

ACROSS = 5
"""Panels in a row."""
_LEFT, _FOOT, _HEAD, _GAP, _HIGH = 0.42, 0.5, 0.3, 0.1, 1.05
"""Inches."""
_WORST = 2.0
"""Per cent of networks that the axis may cut off below: those that never learned would squeeze the rest."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A proxy: (n,) ranks of its scores from 0 to 1 (1 the best), (n,) accuracies, tau-b."""

    proxy: str
    family: str
    rank: Floats
    accuracy: Floats
    tau: Estimate


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if no proxy has numbers."""
    panels = [panel for line in study.whole.lines if len((panel := _panel(study, line)).rank) > 1]
    if not panels:
        raise NothingToReportError("no proxy has numbers on these networks")
    best = listed(f"{panel.proxy} {with_interval(panel.tau)}" for panel in panels[:3])
    return Drawn(
        "scatter",
        "Accuracy against the rank of the score",
        f"{over(study.whole)} A dot a network; right is where the proxy expects the best. The vertical axis leaves out "
        f"the worst {_WORST:g} % where they lie far below (small ticks at the foot).",
        f"Scatter plots of accuracy against rank for {len(panels)} proxies; highest tau-b: {best}.",
        scatter(panels),
    )


def _panel(study: Study, line: Line) -> Panel:
    kept = line.scores.usable
    score = line.scores.value[kept]
    rank = (rankdata(score) - 0.5) / max(len(score), 1)
    return Panel(name(line), family(line), rank, study.truth.values[study.whole.index[kept]], line.estimates[0])


def scatter(panels: Sequence[Panel]) -> Figure:
    """Draw the panels in reading order; all share both axes."""
    rows = math.ceil(len(panels) / ACROSS)
    across = min(ACROSS, len(panels))
    wide = (WIDTH - _LEFT - 0.05 - _GAP * (ACROSS - 1)) / ACROSS
    figure = canvas(_LEFT + across * (wide + _GAP) - _GAP + 0.05, _FOOT + rows * (_HIGH + _HEAD))
    low, high = _range(np.concatenate([panel.accuracy for panel in panels]))
    looks = families(panel.family for panel in panels)
    for at, panel in enumerate(panels):
        row, column = divmod(at, ACROSS)
        bottom = _FOOT + (rows - 1 - row) * (_HIGH + _HEAD)
        axes = place(figure, _LEFT + column * (wide + _GAP), bottom, wide, _HIGH)
        _dots(axes, panel, looks[panel.family].colour, low, high)
        axes.set_title(panel.proxy, size=TEXT, color=INK.light, loc="left", pad=3)
        axes.set_title(number(panel.tau.value), size=SMALL, color=MUTED.light, loc="right", pad=3)
        axes.set_xticks([0, 0.5, 1], ["worst", "", "best"] if at + ACROSS >= len(panels) else ["", "", ""])
        first, _, last = axes.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
        if column:
            axes.set_yticklabels([])
    figure.text(
        0.01, 0.02, "accuracy (%) against the rank of the score; tau-b beside the name", size=SMALL, color=MUTED.light
    )
    return figure


def _range(accuracy: Floats) -> tuple[float, float]:
    low, high = float(np.percentile(accuracy, _WORST)), float(accuracy.max())
    lowest = float(accuracy.min())
    if lowest > low - (high - low):  # the worst are no outliers
        low = lowest
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _dots(axes: Axes, panel: Panel, colour: str, low: float, high: float) -> None:
    inside = panel.accuracy >= low
    size = min(4.0, max(0.4, 900 / max(len(panel.rank), 1)))
    # As a picture: thousands of points as vectors would make the page slow and large.
    axes.plot(
        panel.rank[inside], panel.accuracy[inside], "o", color=colour, markersize=size**0.5 * 1.4, alpha=0.35,
        markeredgewidth=0, rasterized=True,
    )  # fmt: skip
    below = panel.rank[~inside]
    axes.plot(below, np.full(len(below), low), "|", color=colour, markersize=5, alpha=0.5, rasterized=True)
    axes.set_xlim(0, 1)
    axes.set_ylim(low, high)
