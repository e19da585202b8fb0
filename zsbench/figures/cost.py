"""tau-b against what it costs: median seconds a network, on a logarithmic axis, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.labels import Box, around_points
from zsbench.figures.lettering import INCH, SMALL, beside, text_width
from zsbench.figures.study import Study
from zsbench.figures.style import WIDTH, canvas, key, key_height, place, size_of
from zsbench.figures.tokens import MUTED, OTHERS, RULE, families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.stats import Estimate
from zsbench.tables.cost import on_front

_LEFT, _FOOT, _HIGH = 0.5, 0.42, 3.9
"""Inches."""
_POINTS = 4.8


@dataclass(frozen=True)
class Price:
    """What a proxy costs and what it gives for it."""

    proxy: str
    family: str
    seconds: float
    tau: Estimate
    on_front: bool
    """Whether no other proxy ranks better in the same time, or as well in less."""


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if no time is stored."""
    whole = study.whole
    prices = [
        Price(name(line), family(line), line.seconds, line.estimates[0], on_front(line, whole))
        for line in study.ranked
        if line.seconds > 0
    ]
    if not prices:
        raise NothingToReportError("no times are stored with these scores", "imported scores may have none")
    untimed = [name(line) for line in study.ranked if not line.seconds > 0]
    front = sorted((price for price in prices if price.on_front), key=lambda price: price.seconds)
    return Drawn(
        "cost",
        "Rank correlation against cost",
        f"{over(whole)} Median seconds a network, as measured where it was scored, of the proxy with all passes that "
        "it needs (an aggregate: all its parts); bars: 95 % intervals of tau-b. Grey steps: the proxies that no other "
        f"beats at both.{f' Without times: {listed(untimed)}.' if untimed else ''}",
        f"tau-b against median seconds a network, {len(prices)} proxies, "
        f"{_time(min(price.seconds for price in prices))} to {_time(max(price.seconds for price in prices))}. "
        "Beaten by no other at both: "
        f"{listed(f'{price.proxy} ({_time(price.seconds)}, {number(price.tau.value)})' for price in front)}.",
        cost(prices),
    )


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 0.995 else f"{seconds:.3g} s"


def cost(prices: Sequence[Price]) -> Figure:
    """Draw a point a proxy with its name beside it."""
    shown = families(price.family for price in prices)
    legend = key_height(shown, WIDTH) + 0.1
    figure = canvas(WIDTH, legend + _HIGH + _FOOT)
    axes = place(figure, _LEFT, _FOOT, WIDTH - _LEFT - 0.1, _HIGH)
    _frame(axes, prices)
    _front(axes, [price for price in prices if price.on_front])
    for price in prices:
        look = shown[price.family]
        if math.isfinite(price.tau.low):
            axes.plot(
                [price.seconds] * 2, [price.tau.low, price.tau.high], color=look.colour, linewidth=1.1, alpha=0.55
            )
        axes.plot(
            price.seconds,
            price.tau.value,
            look.marker,
            color=look.colour,
            markersize=size_of(look, _POINTS),
            markeredgewidth=0,
        )
    _labels(figure, axes, prices)
    key(figure, shown, 0.02, 0.1, WIDTH)
    return figure


def _frame(axes: Axes, prices: Sequence[Price]) -> None:
    axes.set_xscale("log")
    seconds = [price.seconds for price in prices]
    ends = [end for price in prices for end in (price.tau.value, price.tau.low, price.tau.high) if math.isfinite(end)]
    axes.set_xlim(min(seconds) / 1.5, max(seconds) * 1.6)
    axes.set_ylim(min(ends) - 0.04, max(ends) + 0.04)
    low, high = axes.get_xlim()
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 3000 else (1,)
    ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: _time(tick)))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.grid(axis="y", color=RULE.light, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_ylabel("tau-b", size=SMALL)
    axes.set_xlabel("median time a network", size=SMALL, loc="left")


def _front(axes: Axes, front: Sequence[Price]) -> None:
    ordered = sorted(front, key=lambda price: (price.seconds, price.tau.value))
    if ordered:
        seconds = [*(price.seconds for price in ordered), axes.get_xlim()[1]]
        highest = np.maximum.accumulate([*(price.tau.value for price in ordered), ordered[-1].tau.value])
        axes.step(seconds, highest, where="post", color=OTHERS.light, linewidth=2.2, zorder=0, solid_joinstyle="round")


def _labels(figure: Figure, axes: Axes, prices: Sequence[Price]) -> None:
    """Write every name where it covers least, with a line to its point where it stands apart."""
    scale = INCH / figure.dpi
    points = [_in_points(axes, price.seconds, price.tau.value, scale) for price in prices]
    names, _ = beside([price.proxy for price in prices], SMALL)
    widths = [text_width(text, SMALL, bold=price.on_front) for text, price in zip(names, prices, strict=True)]
    sizes = [(width + 2, SMALL + 1.5) for width in widths]
    taken = [_around(point, _POINTS / 2 + 1) for point in points]
    taken += [_bar(axes, price, scale) for price in prices if math.isfinite(price.tau.low)]
    frame = axes.get_window_extent()
    room = Box(frame.x0 * scale, frame.y0 * scale, frame.x1 * scale, frame.y1 * scale)
    boxes = around_points(points, sizes, taken, room)
    for text, price, point, box, width in zip(names, prices, points, boxes, widths, strict=True):
        middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        offset = (middle[0] - point[0], middle[1] - point[1])
        near = abs(offset[1]) < 12 and abs(offset[0]) < width / 2 + 14
        _label(axes, text, price, offset, near=near)


def _label(axes: Axes, text: str, price: Price, offset: tuple[float, float], *, near: bool) -> None:
    line = {"arrowstyle": "-", "linewidth": 0.5, "color": MUTED.light, "shrinkA": 0, "shrinkB": 3}
    axes.annotate(
        text,
        (price.seconds, price.tau.value),
        offset,
        textcoords="offset points",
        size=SMALL,
        weight="bold" if price.on_front else "normal",
        ha="center",
        va="center",
        arrowprops=None if near else line,
    )


def _in_points(axes: Axes, seconds: float, tau: float, scale: float) -> tuple[float, float]:
    x, y = axes.transData.transform((seconds, tau)) * scale
    return float(x), float(y)


def _around(point: tuple[float, float], half: float) -> Box:
    return Box(point[0] - half, point[1] - half, point[0] + half, point[1] + half)


def _bar(axes: Axes, price: Price, scale: float) -> Box:
    (x, low), (_, high) = (_in_points(axes, price.seconds, end, scale) for end in (price.tau.low, price.tau.high))
    return Box(x - 1, low, x + 1, high)
