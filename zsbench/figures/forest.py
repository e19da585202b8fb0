"""Forest plot: tau-b with its 95 % interval, a row a proxy, a panel a regime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zsbench.figures.drawn import Drawn
from zsbench.figures.lettering import SMALL, beside
from zsbench.figures.study import Study
from zsbench.figures.style import WIDTH, canvas, heading, key, key_height, named_rows, place, size_of
from zsbench.figures.tokens import BAND, INK, MUTED, Family, families
from zsbench.figures.words import family, listed, name, over, with_interval
from zsbench.stats import Estimate
from zsbench.stats.estimate import Z95
from zsbench.tables.correlations import Correlations

_NAMES, _GAP, _ROW, _FOOT, _HEAD = 1.0, 0.12, 0.19, 0.38, 0.3
"""Inches; names take so many at least."""


@dataclass(frozen=True)
class Row:
    """A proxy: its family and one estimate a panel, None where it has none."""

    proxy: str
    family: str
    estimates: tuple[Estimate | None, ...]


@dataclass(frozen=True)
class Panel:
    """A regime of n networks and what a perfect proxy would reach in it (NaN if not known)."""

    regime: str
    n: int
    ceiling: float
    null_stderr: float


def draw(study: Study) -> Drawn:
    """Draw one study."""
    parts = study.parts
    panels = [Panel(part.regime.name, part.networks, ceiling(part), part.null_stderr) for part in parts]
    found = [{name(line): line.estimates[0] for line in part.lines} for part in parts]
    rows = [Row(name(line), family(line), tuple(of.get(name(line)) for of in found)) for line in study.ranked]
    said = "; ".join(f"{panel.regime} (n = {panel.n:,}): {listed(_best(rows, at))}" for at, panel in enumerate(panels))
    return Drawn(
        "forest",
        "How well each proxy ranks, by regime",
        f"{over(study.whole)} tau-b with 95 % intervals (jackknife over networks, Fisher-transformed). Grey band: what "
        "unrelated rankings of as many networks give 95 % of the time. Dashed: what a perfect proxy would reach, for "
        "the noise of the accuracies.",
        f"Forest plot of tau-b with 95 % intervals, {len(rows)} proxies; the highest three a regime. {said}.",
        forest(rows, panels),
    )


def ceiling(result: Correlations) -> float:
    """Return what a perfect proxy would reach in tau-b; NaN if not known."""
    return result.ceiling.values[0] if result.ceiling else math.nan


def _best(rows: Sequence[Row], at: int) -> list[str]:
    known = [(found, row.proxy) for row in rows if (found := row.estimates[at]) and math.isfinite(found.value)]
    known.sort(key=lambda pair: -pair[0].value)
    return [f"{proxy} {with_interval(found)}" for found, proxy in known[:3]]


def forest(rows: Sequence[Row], panels: Sequence[Panel]) -> Figure:
    """Draw rows in the order given; all panels share both axes."""
    shown = families(row.family for row in rows)
    legend = key_height(shown, WIDTH) + 0.1
    body = _ROW * len(rows)
    figure = canvas(WIDTH, legend + _HEAD + body + _FOOT)
    names, left = beside([row.proxy for row in rows], least=_NAMES)
    width = (WIDTH - left - _GAP * (len(panels) - 1) - 0.08) / len(panels)
    low, high = _range(rows, panels)
    for at, panel in enumerate(panels):
        axes = place(figure, left + at * (width + _GAP), _FOOT, width, body)
        named_rows(axes, names, labelled=at == 0)
        axes.set_xlim(low, high)
        _background(axes, panel, labelled=at == 0)
        for place_, row in enumerate(rows):
            _whisker(axes, place_, row.estimates[at], shown[row.family])
    figure.text(left / WIDTH, 0.03 / figure.get_size_inches()[1], "tau-b", color=MUTED.light, size=SMALL)
    key(figure, shown, 0.02, 0.1, WIDTH)
    return figure


def _range(rows: Sequence[Row], panels: Sequence[Panel]) -> tuple[float, float]:
    ends = [0.0, *(panel.ceiling for panel in panels)]
    for row in rows:
        for found in row.estimates:
            ends += [found.value, found.low, found.high] if found else []
    known = [end for end in ends if math.isfinite(end)]
    return max(min(known) - 0.06, -1.02), min(max(known) + 0.06, 1.02)


def _background(axes: Axes, panel: Panel, *, labelled: bool) -> None:
    half = Z95 * panel.null_stderr
    if math.isfinite(half):
        axes.axvspan(-half, half, color=BAND.light, zorder=0, linewidth=0)
    axes.axvline(0, color=MUTED.light, linewidth=0.7, zorder=1)
    if math.isfinite(panel.ceiling):
        axes.axvline(panel.ceiling, color=INK.light, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
        if labelled:
            axes.annotate(
                "ceiling",
                (panel.ceiling, axes.get_ylim()[0]),
                (-3, 4),
                textcoords="offset points",
                size=SMALL,
                color=MUTED.light,
                rotation=90,
                ha="right",
                va="bottom",
            )
    heading(axes, panel.regime, f"n = {panel.n:,}")
    axes.set_xticks([tick / 2 for tick in range(-2, 3) if axes.get_xlim()[0] <= tick / 2 <= axes.get_xlim()[1]])


def _whisker(axes: Axes, row: int, found: Estimate | None, look: Family) -> None:
    if found is None or math.isnan(found.value):
        return
    if math.isfinite(found.low):
        axes.plot([found.low, found.high], [row, row], color=look.colour, linewidth=1.3, solid_capstyle="butt")
    axes.plot(found.value, row, look.marker, color=look.colour, markersize=size_of(look), markeredgewidth=0)
