"""Matrix: tau-b between every two proxies, families together: which ones say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.grid import grid
from zsbench.figures.lettering import INCH, TEXT, beside
from zsbench.figures.study import Study
from zsbench.figures.style import WIDTH, canvas, key, key_height, place
from zsbench.figures.tokens import families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.tables.matrix import between_proxies

_STRIP, _LARGEST, _SMALLEST, _WITH_NUMBERS = 0.07, 0.29, 0.13, 0.22
"""Inches: the strip of the family; sides of a cell, and from which on it holds a number."""
_ACROSS, _ALIKE = 6.0, 3
"""Points of a cell's number; pairs told in words."""


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if it has fewer than two proxies."""
    lines = study.whole.lines
    tau, _ = between_proxies(study.whole)
    ordered = _by_family([family(line) for line in lines], [math.isfinite(float(tau[i, i])) for i in range(len(lines))])
    if len(ordered) < 2:
        raise NothingToReportError("no two proxies can be compared on these networks", "score more proxies")
    names = [name(lines[i]) for i in ordered]
    values = [[float(tau[i, j]) for j in ordered] for i in ordered]
    return Drawn(
        "matrix",
        "How alike the proxies rank",
        f"{over(study.whole)} tau-b between every two proxies, on the networks where both have a number; families "
        "together, in each the best first. Blue: they rank alike; orange: against each other.",
        _in_words(names, values),
        matrix(names, [family(lines[i]) for i in ordered], values),
    )


def _by_family(of: Sequence[str], defined: Sequence[bool]) -> list[int]:
    """Return the places of the proxies that rank at all, families together; within one as they come, best first."""
    order = list(families(of))
    return sorted((i for i in range(len(of)) if defined[i]), key=lambda i: order.index(of[i]))


def _in_words(names: Sequence[str], values: Sequence[Sequence[float]]) -> str:
    pairs = [
        (values[i][j], f"{names[i]} and {names[j]} {number(values[i][j])}")
        for i in range(len(names))
        for j in range(i)
        if math.isfinite(values[i][j])
    ]
    pairs.sort(reverse=True)
    least = f" Least alike: {pairs[-1][1]}." if pairs else ""
    most = listed(text for _, text in pairs[:_ALIKE])
    return f"Matrix of tau-b between {len(names)} proxies. Most alike: {most}.{least}"


def matrix(names: Sequence[str], of: Sequence[str], values: Sequence[Sequence[float]]) -> Figure:
    """Draw `values` (proxies, proxies) under the names and families given; proxies of a family stand together."""
    shown = families(of)
    short, room = beside(names, least=0.6)
    left = room + _STRIP
    side = min(_LARGEST, max(_SMALLEST, (WIDTH - left - 0.1) / len(names)))
    body = side * len(names)
    wide = max(left + body + 0.1, 4.5)
    legend = key_height(shown, wide) + 0.12
    figure = canvas(wide, legend + left + body + 0.05)
    axes = place(figure, left, 0.05, body, body)
    cells = [[None if i == j else value for j, value in enumerate(row)] for i, row in enumerate(values)]
    grid(axes, cells, digits=2, size=_ACROSS if side >= _WITH_NUMBERS else 0, bare=True)
    size = min(TEXT, side * INCH * 0.8)
    pad = _STRIP * INCH + 5
    axes.set_yticks(range(len(names)), short)
    axes.set_xticks(range(len(names)), short, rotation=90)
    axes.tick_params(labeltop=True, labelbottom=False, labelsize=size, pad=pad)
    thick = _STRIP / side
    for i, member in enumerate(of):
        colour = shown[member].colour
        for corner, across, up in (((-0.6 - thick, i - 0.5), thick, 1), ((i - 0.5, -0.6 - thick), 1, thick)):
            axes.add_patch(Rectangle(corner, across, up, facecolor=colour, linewidth=0, clip_on=False))
    key(figure, shown, 0.02, 0.1, wide)
    return figure
