"""Accuracy against the rank of the score, one small panel a proxy: where it ranks, and where it does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zsbench.figures.drawn import Drawn
from zsbench.figures.lettering import INCH, SMALL, SMALLEST, text_width
from zsbench.figures.study import Study
from zsbench.figures.style import WIDTH, canvas, heading, place
from zsbench.figures.tokens import INK, MUTED, Family, families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.stats.estimate import Floats

_LEFT, _GAP, _HIGH, _HEAD, _FOOT, _ACROSS = 0.4, 0.12, 0.98, 0.27, 0.24, 5
"""Inches; and panels a row, one fewer where names are long."""
_NICE = (99.5, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 88, 85, 80, 75, 70, 60, 50, 40, 30, 20, 10, 5, 1)
"""Accuracies that may be written at the axis, the best first."""
_BINS = 12


@dataclass(frozen=True, eq=False)
class Cloud:
    """A proxy: (n,) rank of the score as a share, 0 the worst to 1 the best, and (n,) accuracy in per cent."""

    proxy: str
    family: str
    tau: float
    rank: Floats
    accuracy: Floats


@dataclass(frozen=True)
class Height:
    """How accuracies become heights, and what is written at the axis."""

    of: Callable[[Floats], Floats]
    ticks: tuple[float, ...]
    words: str


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if no proxy ranks its networks."""
    whole = study.whole
    truth = whole.truth.values[whole.index]
    clouds = []
    for line in study.ranked:
        kept = line.scores.usable
        ranks = rank_shares(line.scores.value[kept])
        clouds.append(Cloud(name(line), family(line), line.estimates[0].value, ranks, truth[kept]))
    height = height_of(truth)
    best = listed(f"{cloud.proxy} {number(cloud.tau)}" for cloud in clouds[:3])
    worst = clouds[-1]
    return Drawn(
        "scatter",
        "Accuracy against the rank of the score",
        f"{over(whole)} A point a network; from left to right: from the worst score to the best, tied networks at one "
        f"place; upwards: accuracy, {height.words}. Line: the median of accuracy along the ranks. Beside each name its "
        "tau-b.",
        f"{len(clouds)} scatter plots of accuracy, {number(float(truth.min()), 1)} to {number(float(truth.max()), 1)}, "
        f"against the rank of the score. tau-b is highest for {best}, lowest for {worst.proxy} {number(worst.tau)}.",
        scatter(clouds, height),
    )


def rank_shares(values: Floats) -> Floats:
    """Return (n,) average ranks of `values` between 0 and 1; equal values share one."""
    _, place_, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    shares: Floats = middle[place_] / len(values)
    return shares


def height_of(accuracies: Floats) -> Height:
    """Return the scale for these accuracies: logarithmic in the error, so that the best are not squeezed together.

    Linear where they are not per cent below 100.
    """
    low, high = float(accuracies.min()), float(accuracies.max())
    if not 0 <= low <= high < 100:
        ticks = [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
        return Height(lambda given: given, tuple(ticks), "on a linear scale")

    def of(given: Floats) -> Floats:
        return np.asarray(-np.log10(100 - given))

    span = float(of(np.array(high)) - of(np.array(low))) or 1.0
    kept: list[float] = []
    for tick in (tick for tick in _NICE if low <= tick <= high):
        if not kept or float(of(np.array(kept[-1])) - of(np.array(tick))) > 0.17 * span:
            kept.append(tick)
    return Height(of, tuple(kept), "evenly in the logarithm of the error")


def scatter(clouds: Sequence[Cloud], height: Height) -> Figure:
    """Draw a panel a proxy in the order given; all share both axes."""
    shown = families(cloud.family for cloud in clouds)
    across = _ACROSS if all(_fits(cloud.proxy, _wide(_ACROSS)) for cloud in clouds) else _ACROSS - 1
    rows, wide = math.ceil(len(clouds) / across), _wide(across)
    figure = canvas(WIDTH, rows * (_HEAD + _HIGH) + _FOOT)
    everything = height.of(np.concatenate([cloud.accuracy for cloud in clouds]))
    low, high = float(everything.min()), float(everything.max())
    margin = 0.05 * (high - low or 1.0)
    for at, cloud in enumerate(clouds):
        row, column = divmod(at, across)
        bottom = _FOOT + (rows - 1 - row) * (_HEAD + _HIGH)
        axes = place(figure, _LEFT + column * (wide + _GAP), bottom, wide, _HIGH)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(low - margin, high + margin)
        axes.set_xticks([])
        words = [f"{tick:g}" if column == 0 else "" for tick in height.ticks]
        axes.set_yticks(height.of(np.array(height.ticks, np.float64)), words)
        _points(axes, cloud, height, shown[cloud.family])
        heading(axes, cloud.proxy, number(cloud.tau, 2))
    up = figure.get_size_inches()[1]
    figure.text(_LEFT / WIDTH, 0.05 / up, "rank of score: worst to best", size=SMALL, color=MUTED.light)
    return figure


def _wide(across: int) -> float:
    return (WIDTH - _LEFT - _GAP * (across - 1) - 0.04) / across


def _fits(name: str, wide: float) -> bool:
    """Return whether a name fits above a panel, beside its tau-b, if it is set small."""
    return text_width(name, SMALLEST, bold=True) + text_width("−0.00", SMALL) + 8 <= wide * INCH


def _points(axes: Axes, cloud: Cloud, height: Height, look: Family) -> None:
    n = len(cloud.rank)
    up = height.of(cloud.accuracy)
    # An image within the figure: thousands of points would make thousands of paths.
    axes.scatter(
        cloud.rank,
        up,
        s=min(max(3000 / n, 0.8), 9.0),
        c=look.colour,
        alpha=min(max(500 / n, 0.16), 0.7),
        linewidths=0,
        rasterized=True,
    )
    order = np.argsort(cloud.rank, kind="stable")
    parts = [part for part in np.array_split(order, min(_BINS, max(n // 8, 1))) if len(part)]
    middles = [float(np.mean(cloud.rank[part])) for part in parts]
    medians = [float(np.median(up[part])) for part in parts]
    axes.plot(middles, medians, color=INK.light, linewidth=1.1, solid_joinstyle="round")
