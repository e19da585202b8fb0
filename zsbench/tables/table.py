"""A table is plain data: named columns, rows of cells, and captions that say what it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Cell: TypeAlias = str | int | float | bool | None
Best: TypeAlias = Literal["", "high", "low"]


@dataclass(frozen=True)
class Column:
    """A column: its name (a public interface in JSON, CSV and TSV), and how people see it."""

    name: str
    digits: int | None = None
    """Decimals shown to people; machine formats keep full precision."""
    human: bool = True
    """Whether rich, md and tex show it (machine formats always carry every column)."""
    priority: int = 0
    """A narrow terminal leaves out columns above 0, the highest first, before their cells wrap; 0 always stays."""
    tiny: bool = False
    """Whether people see a number that is not 0, but would be shown as 0.0000, as 2e-05."""
    best: Best = ""
    """Which of its numbers is the best, where rows compete: tex sets it bold and underlines the second."""


@dataclass(frozen=True)
class Table:
    """Rows x columns with a caption that states n, target, regime, ties and conditions."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    captions: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Cell]]:
        """Return one dict a row, by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]
