"""Cost: tau-b, with its interval, against the seconds that a proxy takes a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.labels import Box, around_points
from zsbench.figures.study import Study
from zsbench.figures.style import INCH, SMALL, WIDTH, canvas, key, key_height, place
from zsbench.figures.tokens import MUTED, Family, families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.stats import Estimate
from zsbench.tables.cost import on_front

_LEFT, _FOOT, _BODY = 0.54, 0.42, 3.6
"""Inches."""


@dataclass(frozen=True)
class Point:
    """A proxy's tau-b and its median seconds a network."""

    proxy: str
    family: str
    tau: Estimate
    seconds: float
    front: bool
    """Whether no other proxy ranks better in about the time, or as well in less."""


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if nothing was timed."""
    points = [
        Point(name(line), family(line), line.estimates[0], line.seconds, on_front(line, study.whole))
        for line in study.whole.lines
        if line.seconds > 0 and math.isfinite(line.estimates[0].value)
    ]
    if not points:
        raise NothingToReportError("no times are stored with these scores", "imported scores may have none")
    front = listed(f"{one.proxy} {number(one.tau.value)} in {one.seconds:.2g} s" for one in _front(points))
    return Drawn(
        "cost",
        "What a rank correlation costs",
        f"{over(study.whole)} tau-b with 95 % intervals against the median seconds a network (logarithmic axis), each "
        "proxy charged for all passes it needs, though passes are shared when proxies run together. Named in colour: "
        "those that no other beats in about the time.",
        f"Scatter of tau-b against seconds a network, {len(points)} proxies. Not beaten in about their time: {front}.",
        plot(points),
    )


def _front(points: Sequence[Point]) -> list[Point]:
    return sorted((point for point in points if point.front), key=lambda one: one.seconds)


def plot(points: Sequence[Point]) -> Figure:
    """Draw a marker, an interval and a name a proxy."""
    shown = families(point.family for point in points)
    legend = key_height(shown, WIDTH - _LEFT) + 0.12
    figure = canvas(WIDTH, legend + _BODY + _FOOT)
    axes = place(figure, _LEFT, _FOOT, WIDTH - _LEFT - 0.1, _BODY)
    axes.set_xscale("log")
    for point in points:
        look = shown[point.family]
        if math.isfinite(point.tau.low):
            axes.plot([point.seconds] * 2, [point.tau.low, point.tau.high], color=look.colour, linewidth=1.0, alpha=0.5)
        axes.plot(point.seconds, point.tau.value, look.marker, color=look.colour, markersize=5, markeredgewidth=0)
    low, high = min(one.seconds for one in points), max(one.seconds for one in points)
    axes.set_xlim(low / 2, high * 2)
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda seconds, _: f"{seconds:g} s")
    axes.set_xlabel("seconds a network (median, this machine)")
    axes.set_ylabel("tau-b")
    _names(axes, points, shown)
    key(figure, shown, _LEFT, 0.1, WIDTH - _LEFT)
    return figure


def _names(axes: Axes, points: Sequence[Point], shown: dict[str, Family]) -> None:
    """Write each proxy's name beside its marker, off the other names and markers."""
    width, height = (WIDTH - _LEFT - 0.1) * INCH, _BODY * INCH
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    at = [
        (
            math.log(one.seconds / left) / math.log(right / left) * width,
            (one.tau.value - low) / (high - low) * height,
        )
        for one in points
    ]
    sizes = [(len(one.proxy) * SMALL * 0.58, SMALL * 1.2) for one in points]
    taken = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in at]
    for one, box in zip(points, around_points(at, sizes, taken, Box(0, 0, width, height)), strict=True):
        axes.annotate(
            one.proxy,
            (box.left / width, (box.bottom + box.top) / 2 / height),
            xycoords="axes fraction",
            size=SMALL,
            color=shown[one.family].colour if one.front else MUTED.light,
            va="center_baseline",
        )
