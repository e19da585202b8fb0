"""Bias: how far each proxy, and accuracy itself, goes with what the space states of its networks."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.grid import grid
from zsbench.figures.study import Study
from zsbench.figures.style import TEXT, WIDTH, canvas, place
from zsbench.figures.words import listed, number, over
from zsbench.tables.bias import TRUTH, Bias, bias_of

_NAMES, _HEAD, _ROW, _COLUMN, _GAP = 1.2, 1.05, 0.215, 0.56, 0.08
"""Inches."""


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if the space states nothing of its networks."""
    bias = bias_of(study.whole, study.space)
    if not bias.properties:
        raise NothingToReportError(f"{study.space.name} states neither costs nor operations of its networks")
    return Drawn(
        "bias",
        "What proxies measure besides quality",
        f"{over(study.whole)} tau-b of accuracy (first row) and of each proxy with what the space states of its "
        "networks. A proxy that goes with size more than accuracy does prefers larger networks than are worth it.",
        _in_words(bias),
        grids(bias),
    )


def _in_words(bias: Bias) -> str:
    first = bias.properties[0]
    by_name = {name: found[0].value for name, found, _, _ in bias.rows}
    known = sorted(((tau, name) for name, tau in by_name.items() if name != TRUTH and math.isfinite(tau)), reverse=True)
    highest = listed(f"{name} {number(tau)}" for tau, name in known[:3])
    return (
        f"Grid of tau-b, {len(bias.rows) - 1} proxies by {listed(bias.properties)}. With {first}: accuracy "
        f"{number(by_name[TRUTH])}, highest {highest}."
    )


def grids(bias: Bias) -> Figure:
    """Draw accuracy's own row apart, above those of the proxies."""
    columns, proxies = len(bias.properties), [row for row in bias.rows if row[0] != TRUTH]
    own = [row for row in bias.rows if row[0] == TRUTH]
    wide = min(_COLUMN, (WIDTH - _NAMES) / columns)
    body = _ROW * len(proxies)
    figure = canvas(_NAMES + wide * columns + 0.05, _HEAD + _ROW + _GAP + body + 0.05)
    for rows, bottom in ((own, 0.05 + body + _GAP), (proxies, 0.05)):
        axes = place(figure, _NAMES, bottom, wide * columns, _ROW * len(rows))
        grid(axes, [[one.value for one in found] for _, found, _, _ in rows], digits=2, size=TEXT)
        axes.set_yticks(range(len(rows)), [name for name, _, _, _ in rows])
        axes.set_xticks([])
        if rows is own:
            axes.set_xticks(range(columns), bias.properties, rotation=90)
            axes.xaxis.tick_top()
            axes.tick_params(axis="x", length=0)
    return figure
