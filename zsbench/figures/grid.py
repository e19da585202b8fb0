"""Cells of correlations, coloured by value and carrying their number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from zsbench.figures.style import TEXT
from zsbench.figures.tokens import GROUND, INK, MUTED, scale, text_on
from zsbench.figures.words import number


def grid(axes: Axes, values: Sequence[Sequence[float]], *, digits: int, size: float) -> None:
    """Draw `values` (rows, columns) in [-1, 1], NaN for none, row 0 on top; no axis lines."""
    rows, columns = len(values), len(values[0])
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            _cell(axes, i, j, value, digits, size)
    axes.tick_params(length=0, labelcolor=INK.light, labelsize=TEXT, pad=4)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _cell(axes: Axes, row: int, column: int, value: float, digits: int, size: float) -> None:
    middle = {"ha": "center", "va": "center_baseline", "size": size}
    if math.isnan(value):
        axes.text(column, row, "–", color=MUTED.light, **middle)  # type: ignore[arg-type]
        return
    look = {"facecolor": scale(value).light, "edgecolor": GROUND.light, "linewidth": 1.0}
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))  # type: ignore[arg-type]
    if size:
        axes.text(column, row, number(value, digits), color=text_on(value).light, **middle)  # type: ignore[arg-type]
