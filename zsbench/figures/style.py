"""How all figures look: one set of settings whatever the user's own matplotlibrc says, quiet axes, named rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import RcKeyType

from zsbench.figures.lettering import FONT, INCH, SMALL, TEXT, fitted, text_width
from zsbench.figures.tokens import GROUND, INK, MUTED, RULE, Family

WIDTH = 7.2
"""Inches: as wide as a figure gets (the text width of a page)."""

_SETTINGS: dict[RcKeyType, Any] = {
    "font.family": FONT,
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


def heading(axes: Axes, left: str, right: str = "", colour: str = INK.light) -> None:
    """Write above a panel what it shows, as large as fits, and something beside it."""
    room = axes.get_window_extent().width / axes.figure.dpi * INCH
    left, size = fitted(left, TEXT, room - (text_width(right, SMALL) + 8 if right else 0), bold=True)
    above = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    axes.annotate(left, (0, 1), (0, 5), size=size, weight="bold", color=colour, **above)  # type: ignore[arg-type]
    axes.annotate(right, (1, 1), (0, 5), size=SMALL, color=MUTED.light, ha="right", **above)  # type: ignore[arg-type]


_KEY_LINE = 0.17
"""Inches."""


def key(figure: Figure, shown: Mapping[str, Family], left: float, top: float, room: float) -> None:
    """Write the families with their markers from `left` and `top` (inches from the upper left), in lines of `room`."""
    across, up = figure.get_size_inches()
    for family, x, line in _key_places(shown.values(), room):
        height = 1 - (top + line * _KEY_LINE) / up
        figure.add_artist(
            Line2D(
                [(left + x + 0.06) / across],
                [height],
                marker=family.marker,
                markersize=size_of(family),
                color=family.colour,
                linestyle="none",
                markeredgewidth=0,
            )
        )
        at = (left + x + 0.15) / across
        figure.text(at, height, family.name, size=SMALL, color=MUTED.light, va="center_baseline")


def key_height(shown: Mapping[str, Family], room: float) -> float:
    """Return how many inches `key` takes."""
    return _KEY_LINE * (1 + max(line for _, _, line in _key_places(shown.values(), room)))


def _key_places(shown: Iterable[Family], room: float) -> list[tuple[Family, float, int]]:
    """Return for each family how many inches from the left, and on which line."""
    placed: list[tuple[Family, float, int]] = []
    x, line = 0.0, 0
    for family in shown:
        needed = 0.27 + text_width(family.name, SMALL) / INCH
        if x and x + needed > room:
            x, line = 0.0, line + 1
        placed.append((family, x, line))
        x += needed
    return placed


def size_of(family: Family, points: float = 4.4) -> float:
    """Return the size of a family's marker, so that all look equally large."""
    return points * {"*": 1.5, "P": 1.15, "X": 1.15, "^": 1.1, "v": 1.1, "D": 0.9}.get(family.marker, 1.0)
