"""Matrix: tau-b between every two proxies, families side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.grid import grid
from zsbench.figures.study import Study
from zsbench.figures.style import SMALL, WIDTH, canvas, key, key_height, place
from zsbench.figures.tokens import families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.stats.estimate import Floats
from zsbench.tables.matrix import between_proxies

_NAMES, _HEAD = 1.2, 0.95
"""Inches."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Proxies in the order shown, their families, and (proxies, proxies) tau-b."""

    names: tuple[str, ...]
    families: tuple[str, ...]
    tau: Floats


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if no two proxies can be compared."""
    pairs = _by_family(study)
    above = [
        (pairs.tau[i, j], i, j) for i in range(len(pairs.names)) for j in range(i) if math.isfinite(pairs.tau[i, j])
    ]
    if not above:
        raise NothingToReportError("no two proxies can be compared on these networks", "score more proxies")
    above.sort(reverse=True)
    alike = listed(f"{pairs.names[j]} and {pairs.names[i]} {number(tau)}" for tau, i, j in above[:3])
    unlike = listed(f"{pairs.names[j]} and {pairs.names[i]} {number(tau)}" for tau, i, j in above[-3:])
    return Drawn(
        "matrix",
        "How alike proxies rank",
        f"{over(study.whole)} tau-b between two proxies, on the networks where both have a number; by family, the best "
        "of each first. Blue: they rank alike; orange: against each other.",
        f"Matrix of tau-b between {len(pairs.names)} proxies. Most alike: {alike}. Least alike: {unlike}.",
        matrix(pairs),
    )


def _by_family(study: Study) -> Pairs:
    lines = study.whole.lines
    tau, _ = between_proxies(study.whole)
    order = list(families(family(line) for line in lines))
    kept = sorted(range(len(lines)), key=lambda at: (order.index(family(lines[at])), at))
    chosen = [lines[at] for at in kept]
    return Pairs(tuple(name(line) for line in chosen), tuple(family(line) for line in chosen), tau[np.ix_(kept, kept)])


def matrix(pairs: Pairs) -> Figure:
    """Draw the square, with numbers where there is room."""
    count = len(pairs.names)
    shown = families(pairs.families)
    legend = key_height(shown, WIDTH - _NAMES) + 0.1
    side = min((WIDTH - _NAMES - 0.1) / count, 0.42)
    figure = canvas(_NAMES + side * count + 0.1, legend + _HEAD + side * count + 0.05)
    axes = place(figure, _NAMES, 0.05, side * count, side * count)
    grid(axes, pairs.tau.tolist(), digits=2 if side >= 0.3 else 1, size=SMALL if side >= 0.3 else SMALL - 1.5)
    axes.set_yticks(range(count), pairs.names)
    axes.set_xticks(range(count), pairs.names, rotation=90)
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=0)
    for labels in (axes.get_yticklabels(), axes.get_xticklabels()):
        for label, of in zip(labels, pairs.families, strict=True):
            label.set_color(shown[of].colour)
    key(figure, shown, 0.1, 0.1, figure.get_size_inches()[0] - 0.2)
    return figure
