"""A figure with the words that go with it, and how it becomes a file: always the same bytes for the same figure."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from zsbench.errors import UsageError
from zsbench.figures.lettering import INCH
from zsbench.figures.style import house_style
from zsbench.figures.tokens import INK, MUTED

_TITLE, _CAPTION, _LINE = 9.5, 6.5, 1.3
_NARROW = 4.5
"""Inches."""


class Kind(StrEnum):
    """A file format of figures."""

    PDF = "pdf"
    SVG = "svg"
    PNG = "png"


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure with title, caption and a text that stands for it."""

    name: str
    title: str
    caption: str
    """What it is over (n, target, regime, conditions) and how to read it."""
    alt: str
    """What it shows, in words and numbers, for whoever cannot see it."""
    figure: Figure


def kind_of(path: Path) -> Kind:
    """Return the format that a file's name says; raise `UsageError` if it says none of ours."""
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in set(Kind):
        raise UsageError(f"{path.name} does not say which format", f"name it {path.stem or 'figure'}.pdf, .svg or .png")
    return Kind(suffix)


def as_file(drawn: Drawn, kind: Kind) -> bytes:
    """Return the figure as a file with its title above and its caption below."""
    figure = drawn.figure
    width, height = figure.get_size_inches()
    # Words of the caption's size are about half as wide as high; a narrow figure has a caption wider than itself.
    caption = "\n".join(textwrap.wrap(drawn.caption, int(max(width, _NARROW) * INCH / (0.56 * _CAPTION))))
    added = [
        figure.text(0, 1 + 0.08 / height, drawn.title, size=_TITLE, weight="bold", color=INK.light, va="bottom"),
        figure.text(0, -0.06 / height, caption, size=_CAPTION, color=MUTED.light, va="top", linespacing=_LINE),
    ]
    try:
        return _saved(figure, kind, tight=True)
    finally:
        for text in added:
            text.remove()


def as_svg(drawn: Drawn) -> bytes:
    """Return the bare figure as SVG: title and caption are the page's."""
    return _saved(drawn.figure, Kind.SVG, tight=False)


def _saved(figure: Figure, kind: Kind, *, tight: bool) -> bytes:
    written = io.BytesIO()
    FigureCanvasAgg(figure)
    # No date: the same scores give the same file.
    undated = {Kind.PDF: {"CreationDate": None}, Kind.SVG: {"Date": None}, Kind.PNG: {}}[kind]
    with house_style():
        figure.savefig(
            written,
            format=kind.value,
            metadata=undated,
            dpi=200,
            bbox_inches="tight" if tight else None,
            pad_inches=0.12,
        )
    return written.getvalue()
