"""Cells of correlations, coloured by value and carrying their number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from zsbench.figures.lettering import TEXT
from zsbench.figures.tokens import BAND, GROUND, INK, MUTED, scale, text_on
from zsbench.figures.words import number


def grid(axes: Axes, values: Sequence[Sequence[float | None]], *, digits: int, size: float, bare: bool = False) -> None:
    """Draw `values` (rows, columns) in [-1, 1], row 0 on top; NaN where there is none, None where none is due.

    Numbers have so many `digits` and points of `size`; 0 for none, `bare` without the zero before the point.
    """
    rows, columns = len(values), len(values[0])
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            ground = BAND if value is None else GROUND if math.isnan(value) else scale(value)
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=ground.light, edgecolor=GROUND.light, linewidth=1.0)
            )
            if value is not None and size:
                text = "–" if math.isnan(value) else number(value, digits)
                colour = MUTED if math.isnan(value) else text_on(value)
                text = text.replace("0.", ".") if bare else text
                axes.text(j, i, text, size=size, color=colour.light, ha="center", va="center_baseline")
    axes.tick_params(length=0, labelcolor=INK.light, labelsize=TEXT, pad=4)
    for spine in axes.spines.values():
        spine.set_visible(False)
