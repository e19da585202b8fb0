"""How much room words take, and what becomes of those that have too little: smaller, then cut in the middle.

Figures are laid out before they are drawn. Names of proxies may be long: `synflow@suite-zero`, `zico [noise, seed 1]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INCH = 72
"""Points an inch."""
FONT = "DejaVu Sans"
"""It comes with matplotlib: figures are the same on every machine."""
TEXT, SMALL = 8.0, 7.0
"""Points."""
SMALLEST = 6.0
"""Points, below which nothing is set."""
_MOST, _PAD = 2.3, 0.12
"""Inches that names may take beside a figure; and between names and figure."""


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how many points wide a line of text is."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> tuple[str, float]:
    """Return text and size in points that fit into `room` points: smaller as far as can be read, then shortened."""
    width = text_width(text, size, bold=bold)
    if width <= room:
        return text, size
    size = max(size * room / width, min(size, SMALLEST))
    return shortened(text, size, room, bold=bold), size


def shortened(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return the text with as much of its middle left out as does not fit into `room` points."""
    kept = len(text)
    short = text
    while kept > 2 and text_width(short, size, bold=bold) > room + 1e-6:
        kept -= 1
        short = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
    return short


def beside(names: Sequence[str], size: float = TEXT, least: float = 0.0) -> tuple[list[str], float]:
    """Return names to stand beside a figure, and the inches that they take, `least` or more."""
    room = (_MOST - _PAD) * INCH
    short = [shortened(name, size, room) for name in names]
    return short, max(least, max((text_width(name, size) for name in short), default=0.0) / INCH + _PAD)
