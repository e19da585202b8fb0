"""How all figures look: one set of settings whatever the user's own matplotlibrc says, quiet axes, named rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import RcKeyType

from zsbench.figures.tokens import GROUND, INK, MUTED, RULE, Family

INCH = 72
"""Points an inch."""
WIDTH = 7.2
"""Inches: as wide as a figure gets (the text width of a page)."""
TEXT, SMALL = 8.0, 7.0
"""Points."""

_SETTINGS: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "text.color": INK.light,
    "axes.labelcolor": MUTED.light,
    "axes.edgecolor": RULE.light,
    "xtick.color": MUTED.light,
    "ytick.color": MUTED.light,
    "axes.facecolor": "none",
    "figure.facecolor": GROUND.light,
    "savefig.facecolor": "auto",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "zsbench",
    "pdf.fonttype": 42,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw within these settings and none of the user's."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def canvas(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches; nothing of it is global."""
    return Figure(figsize=(width, height))


def place(figure: Figure, left: float, bottom: float, width: float, height: float, **settings: object) -> Axes:
    """Return axes at a place given in inches from the lower left corner."""
    across, up = figure.get_size_inches()
    axes: Axes = figure.add_axes((left / across, bottom / up, width / across, height / up), **settings)  # type: ignore[call-overload]
    return axes


def named_rows(axes: Axes, names: Sequence[str], *, labelled: bool) -> None:
    """Give the rows 0 ... of `axes`, from the top, their names and hairlines."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names if labelled else [""] * len(names))
    axes.tick_params(axis="y", length=0, labelcolor=INK.light, labelsize=TEXT, pad=5)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=RULE.light, linewidth=0.4)
    axes.set_axisbelow(True)


def key(figure: Figure, shown: Mapping[str, Family], left: float, top: float, room: float) -> None:
    """Write the families with their markers from `left` and `top` (inches from the upper left), in lines of `room`."""
    across, up = figure.get_size_inches()
    x, y = left, top
    for family in shown.values():
        # A marker, and about half the size of the text a letter.
        needed = 0.2 + len(family.name) * SMALL * 0.58 / INCH + 0.14
        if x + needed > left + room and x > left:
            x, y = left, y + 0.17
        at = (x + 0.06) / across, 1 - y / up
        figure.add_artist(
            Line2D([at[0]], [at[1]], marker=family.marker, markersize=4.5, color=family.colour, linestyle="none")
        )
        figure.text((x + 0.16) / across, at[1], family.name, size=SMALL, color=MUTED.light, va="center_baseline")
        x += needed


def key_height(shown: Mapping[str, Family], room: float) -> float:
    """Return how many inches `key` takes."""
    x, lines = 0.0, 1
    for family in shown.values():
        needed = 0.2 + len(family.name) * SMALL * 0.58 / INCH + 0.14
        if x + needed > room and x > 0:
            x, lines = 0.0, lines + 1
        x += needed
    return 0.17 * lines
