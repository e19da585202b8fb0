"""Figures of stored scores: one file a figure, drawn with matplotlib, for files and for the page of `zsbench report`.

This module only knows their names, so that listing them loads no plotting library.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zsbench.errors import unknown_name

if TYPE_CHECKING:
    from zsbench.figures.drawn import Drawn
    from zsbench.figures.study import Study


@dataclass(frozen=True)
class FigureKind:
    """A figure by name; its module `zsbench.figures.NAME` has `draw(studies)`."""

    name: str
    summary: str
    across: bool = False
    """Whether it sets all studies side by side; the others are of one study."""


FIGURES = (
    FigureKind("heatmap", "Kendall's tau-b of every proxy on every dataset and target", across=True),
    FigureKind("forest", "tau-b with its interval, for each proxy and regime"),
    FigureKind("cuts", "tau-b among the best x % by accuracy, x from 100 to 1"),
    FigureKind("scatter", "accuracy against the rank of the score, one panel a proxy"),
    FigureKind("cost", "tau-b against the seconds that a proxy takes a network"),
    FigureKind("bias", "how far each proxy ranks by size, cost and operations of the network"),
    FigureKind("matrix", "tau-b between every two proxies"),
)


def find_figure(name: str) -> FigureKind:
    """Return the figure called `name`; raise `UsageError` with a suggestion if there is none."""
    for kind in FIGURES:
        if kind.name == name:
            return kind
    raise unknown_name("figure", name, [kind.name for kind in FIGURES])


def draw(kind: FigureKind, studies: Sequence[Study]) -> Drawn:
    """Draw a figure of `studies`, exactly one unless it is `across`; raise `NothingToReportError` if none can be."""
    from zsbench.figures.style import house_style

    with house_style():
        drawn: Drawn = importlib.import_module(f"{__name__}.{kind.name}").draw(*([studies] if kind.across else studies))
    return drawn
