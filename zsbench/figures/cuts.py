"""Cuts: tau-b among the best x % by accuracy, from all networks to the best few."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.forest import ceiling
from zsbench.figures.labels import spread_out
from zsbench.figures.study import FEWEST, Study
from zsbench.figures.style import INCH, SMALL, TEXT, WIDTH, canvas, key, key_height, place
from zsbench.figures.tokens import BAND, INK, MUTED, OTHERS, Family, families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.stats import null_stderr
from zsbench.stats.estimate import Z95

LABELLED = 8
"""Proxies drawn in colour: those that lead at some cut; the others stay in the background."""
_LEFT, _FOOT, _BODY, _NAMES = 0.54, 0.42, 3.6, 1.3
"""Inches."""


@dataclass(frozen=True)
class Path:
    """A proxy's tau-b at each cut, NaN where it has none."""

    proxy: str
    family: str
    tau: tuple[float, ...]


@dataclass(frozen=True)
class Cut:
    """The best `share` per cent, n networks, and what a perfect proxy would reach there (NaN if not known)."""

    share: float
    n: int
    ceiling: float


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if there are too few networks for a second cut."""
    cuts = [Cut(share, found.networks, ceiling(found)) for share, found in study.cuts]
    if len(cuts) < 2:
        raise NothingToReportError(f"too few networks to cut: {study.whole.networks}", f"a cut needs {FEWEST}")
    by_cut = [{name(line): line.estimates[0].value for line in found.lines} for _, found in study.cuts]
    paths = [
        Path(name(line), family(line), tuple(found.get(name(line), math.nan) for found in by_cut))
        for line in study.whole.lines
    ]
    ends = listed(f"{path.proxy} from {number(path.tau[0])} to {number(path.tau[-1])}" for path in paths[:3])
    return Drawn(
        "cuts",
        "How well proxies rank among the best networks",
        f"{over(study.whole)} tau-b among the best x % by accuracy (logarithmic axis), down to {cuts[-1].share:g} % "
        f"(n = {cuts[-1].n}). Grey band: what unrelated rankings of as many networks give 95 % of the time. Dashed: "
        "what a perfect proxy would reach, for the noise of the accuracies.",
        f"Lines of tau-b over the share of best networks kept, {len(paths)} proxies. From 100 to {cuts[-1].share:g} %: "
        f"{ends}.",
        lines(paths, cuts),
    )


def lines(paths: Sequence[Path], cuts: Sequence[Cut]) -> Figure:
    """Draw the leaders in the colours of their families, named at the right end."""
    leaders = _leaders(paths)
    shown = families(path.family for path in paths if path.proxy in leaders)
    legend = key_height(shown, WIDTH - _LEFT) + 0.12
    figure = canvas(WIDTH, legend + _BODY + _FOOT)
    axes = place(figure, _LEFT, _FOOT, WIDTH - _LEFT - _NAMES, _BODY)
    shares = np.array([cut.share for cut in cuts])
    _ground(axes, shares, cuts)
    for path in paths:
        if path.proxy not in leaders:
            axes.plot(shares, path.tau, color=OTHERS.light, linewidth=1.0, zorder=2)
    for path in paths:
        if path.proxy in leaders:
            look = shown[path.family]
            axes.plot(shares, path.tau, look.marker, linestyle="-", color=look.colour, linewidth=1.4, markersize=3.2)
    _frame(axes, shares)
    _name(axes, [path for path in paths if path.proxy in leaders], shares, shown)
    key(figure, shown, _LEFT, 0.1, WIDTH - _LEFT)
    return figure


def _leaders(paths: Sequence[Path]) -> set[str]:
    """Return the proxies of most first places, second places and so on over the cuts, `LABELLED` at most."""
    points: dict[str, float] = dict.fromkeys((path.proxy for path in paths), 0.0)
    for at in range(len(paths[0].tau) if paths else 0):
        ranked = sorted((path for path in paths if math.isfinite(path.tau[at])), key=lambda path: -path.tau[at])
        for rank, path in enumerate(ranked):
            points[path.proxy] += 1 / (1 + rank)
    return set(sorted(points, key=lambda proxy: -points[proxy])[:LABELLED])


def _ground(axes: Axes, shares: np.ndarray[tuple[int], np.dtype[np.float64]], cuts: Sequence[Cut]) -> None:
    half = np.array([Z95 * null_stderr(cut.n) for cut in cuts])
    axes.fill_between(shares, -half, half, color=BAND.light, linewidth=0, zorder=0)
    axes.axhline(0, color=MUTED.light, linewidth=0.7, zorder=1)
    reached = [cut.ceiling for cut in cuts]
    if any(math.isfinite(value) for value in reached):
        axes.plot(shares, reached, color=INK.light, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1)


def _frame(axes: Axes, shares: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(shares[0] * 1.05, shares[-1] * 0.95)
    ticks = [share for share in (100, 50, 20, 10, 5, 2, 1) if shares[0] >= share >= shares[-1]]
    axes.set_xticks(ticks, [f"{share} %" for share in ticks])
    axes.minorticks_off()
    axes.set_xlabel("best networks by accuracy that are kept")
    axes.set_ylabel("tau-b")


def _name(
    axes: Axes,
    paths: Sequence[Path],
    shares: np.ndarray[tuple[int], np.dtype[np.float64]],
    shown: Mapping[str, Family],
) -> None:
    """Write the names at the right end, kept apart, each with a hairline to its line."""
    low, high = axes.get_ylim()
    gap = (high - low) * (TEXT * 1.25) / (_BODY * INCH)
    ended = [path for path in paths if math.isfinite(path.tau[-1])]
    places = spread_out(np.array([path.tau[-1] for path in ended]), gap, low, high)
    for path, at in zip(ended, places, strict=True):
        axes.annotate(
            path.proxy,
            (shares[-1], path.tau[-1]),
            (1.045, (at - low) / (high - low)),
            textcoords="axes fraction",
            size=SMALL,
            color=shown[path.family].colour,
            va="center_baseline",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": MUTED.light, "linewidth": 0.4, "shrinkA": 1, "shrinkB": 2},
        )
