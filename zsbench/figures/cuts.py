"""tau-b among the best x % by accuracy, x from 100 to few: what is left of a ranking where it matters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.forest import ceiling
from zsbench.figures.labels import spread_out
from zsbench.figures.lettering import INCH, SMALL, beside
from zsbench.figures.study import FEWEST, Study
from zsbench.figures.style import WIDTH, canvas, heading, place
from zsbench.figures.tokens import BAND, INK, MUTED, OTHERS, Family, families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.stats.estimate import Z95

_LEFT, _LEADER, _HIGH, _NARROWEST, _HEAD, _FOOT, _ACROSS = 0.42, 0.1, 1.5, 1.2, 0.34, 0.4, 3
"""Inches (of panels so many at least); and panels a row at most."""
_LABEL = SMALL * 1.25
"""Points from label to label."""
_LINES = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (5, 1.4, 1.2, 1.4)), (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)))
"""Proxies of one family are told apart by the line, and by the label at its end."""
_TICKS = {100: "all", 50: "50", 20: "20", 10: "10", 5: "5", 2: "2", 1: "1 %"}


@dataclass(frozen=True)
class Cut:
    """The best `share` per cent: n networks, and what a perfect proxy would reach among them (NaN if not known)."""

    share: float
    n: int
    ceiling: float
    null_stderr: float


@dataclass(frozen=True)
class Curve:
    """A proxy's tau-b, one a cut; NaN where undefined."""

    proxy: str
    family: str
    tau: tuple[float, ...]


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if it has too few networks for a second cut."""
    found = study.cuts
    if len(found) < 2:
        raise NothingToReportError(f"too few networks to cut: {study.whole.networks}", f"a cut needs {FEWEST}")
    cuts = [Cut(share, result.networks, ceiling(result), result.null_stderr) for share, result in found]
    by_name = [{name(line): line.estimates[0].value for line in result.lines} for _, result in found]
    curves = [
        Curve(name(line), family(line), tuple(of.get(name(line), math.nan) for of in by_name)) for line in study.ranked
    ]
    last = cuts[-1]
    return Drawn(
        "cuts",
        "What is left among the best networks",
        f"{over(study.whole)} tau-b among the best x % by accuracy, down to {last.share:g} % (n = {last.n:,}); a panel "
        "a family, the others in grey. Grey band: what unrelated rankings of as many networks give 95 % of the time. "
        "Dashed: what a perfect proxy would reach, for the noise of the accuracies; an estimate, rough among few "
        "networks, where chance may carry a tau beyond it.",
        _in_words(cuts, curves),
        cuts_figure(cuts, curves),
    )


def _in_words(cuts: Sequence[Cut], curves: Sequence[Curve]) -> str:
    said = []
    for at in dict.fromkeys((0, _nearest(cuts, 10), _nearest(cuts, 5), len(cuts) - 1)):
        best = sorted((-curve.tau[at], curve.proxy) for curve in curves if math.isfinite(curve.tau[at]))[:3]
        band = number(Z95 * cuts[at].null_stderr)
        highest = listed(f"{proxy} {number(-tau)}" for tau, proxy in best)
        said.append(f"best {cuts[at].share:g} % (n = {cuts[at].n:,}, null band ±{band}): highest {highest}")
    return f"tau-b of {len(curves)} proxies among the best networks by accuracy. {'; '.join(said)}."


def _nearest(cuts: Sequence[Cut], share: float) -> int:
    return min(range(len(cuts)), key=lambda at: abs(math.log(cuts[at].share / share)))


def cuts_figure(cuts: Sequence[Cut], curves: Sequence[Curve]) -> Figure:
    """Draw a panel a family; all share both axes."""
    shown = families(curve.family for curve in curves)
    members = {name: [curve for curve in curves if curve.family == name] for name in shown}
    labels, room = beside([curve.proxy for curve in curves], SMALL)
    across = max(1, min(_ACROSS, int((WIDTH - _LEFT) / (_NARROWEST + _LEADER + room))))
    rows = math.ceil(len(shown) / across)
    tall = max(_HIGH, max(map(len, members.values())) * _LABEL / INCH)
    figure = canvas(WIDTH, rows * (_HEAD + tall) + _FOOT + 0.05)
    low, high = _range(cuts, curves)
    step = (WIDTH - _LEFT) / across
    written = dict(zip((curve.proxy for curve in curves), labels, strict=True))
    for at, look in enumerate(shown.values()):
        row, column = divmod(at, across)
        bottom = _FOOT + (rows - 1 - row) * (_HEAD + tall)
        axes = place(figure, _LEFT + column * step, bottom, step - room - _LEADER, tall)
        axes.set_ylim(low, high)
        below_is_free = at + across >= len(shown)
        _frame(axes, cuts, first=column == 0, last=below_is_free)
        _background(axes, cuts, labelled=at == 0)
        for curve in curves:
            if curve.family != look.name:
                axes.plot(_shares(cuts), curve.tau, color=OTHERS.light, linewidth=0.7, zorder=1)
        _highlight(axes, cuts, members[look.name], look)
        _label(axes, cuts, members[look.name], look, written)
        heading(axes, look.name, colour=look.colour)
    figure.text(
        _LEFT / WIDTH, 0.03 / figure.get_size_inches()[1], "best x % by accuracy", size=SMALL, color=MUTED.light
    )
    return figure


def _shares(cuts: Sequence[Cut]) -> list[float]:
    return [cut.share for cut in cuts]


def _range(cuts: Sequence[Cut], curves: Sequence[Curve]) -> tuple[float, float]:
    ends = [0.0, *(cut.ceiling for cut in cuts), *(tau for curve in curves for tau in curve.tau)]
    known = [end for end in ends if math.isfinite(end)]
    return max(min(known) - 0.08, -1.02), min(max(known) + 0.06, 1.02)


def _frame(axes: Axes, cuts: Sequence[Cut], *, first: bool, last: bool) -> None:
    """Let the cuts run from all networks on the left to the fewest on the right, evenly in their logarithm."""
    axes.set_xscale("log")
    axes.set_xlim(100, cuts[-1].share)
    ticks = [tick for tick in _TICKS if tick >= cuts[-1].share * 0.99]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([_TICKS[tick] for tick in ticks] if last else [""] * len(ticks)))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    heights = [tick / 4 for tick in range(-4, 5) if axes.get_ylim()[0] <= tick / 4 <= axes.get_ylim()[1]]
    axes.set_yticks(heights, [number(height, 2) if first else "" for height in heights])


def _background(axes: Axes, cuts: Sequence[Cut], *, labelled: bool) -> None:
    half = np.array([Z95 * cut.null_stderr for cut in cuts])
    axes.fill_between(_shares(cuts), -half, half, color=BAND.light, linewidth=0, zorder=0)
    axes.axhline(0, color=MUTED.light, linewidth=0.6, zorder=1)
    ceilings = [cut.ceiling for cut in cuts]
    axes.plot(_shares(cuts), ceilings, color=INK.light, linewidth=0.8, linestyle=(0, (3, 2)), zorder=2)
    if labelled:
        words = {"textcoords": "offset points", "size": SMALL, "color": MUTED.light}
        if math.isfinite(ceilings[0]):
            middle = len(cuts) // 4
            axes.annotate("ceiling", (cuts[middle].share, ceilings[middle]), (3, 2), **words)  # type: ignore[arg-type]
        axes.annotate("noise", (cuts[-1].share, 0), (-3, -3), ha="right", va="top", **words)  # type: ignore[arg-type]


def _highlight(axes: Axes, cuts: Sequence[Cut], curves: Sequence[Curve], look: Family) -> None:
    for style, curve in zip(cycle(_LINES), curves, strict=False):
        axes.plot(_shares(cuts), curve.tau, color=look.colour, linewidth=1.3, linestyle=style, zorder=3)


def _label(axes: Axes, cuts: Sequence[Cut], curves: Sequence[Curve], look: Family, written: Mapping[str, str]) -> None:
    """Write the names beside the ends of the curves, kept apart, each with a line to its own."""
    low, high = axes.get_ylim()
    frame = axes.get_window_extent()
    inch = axes.figure.dpi
    gap = (high - low) * _LABEL / INCH / (frame.height / inch)
    ends = np.array([next((tau for tau in reversed(curve.tau) if math.isfinite(tau)), 0.0) for curve in curves])
    heights = spread_out(ends, gap, low + gap / 2, high - gap / 2)
    right = 1 + _LEADER * inch / frame.width
    for style, curve, end, height in zip(cycle(_LINES), curves, ends, heights, strict=False):
        line = {"arrowstyle": "-", "linewidth": 0.6, "color": look.colour, "linestyle": style}
        axes.annotate(
            written[curve.proxy],
            (cuts[-1].share, end),
            (right, (height - low) / (high - low)),
            textcoords="axes fraction",
            size=SMALL,
            va="center",
            annotation_clip=False,
            arrowprops={**line, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)},
        )
