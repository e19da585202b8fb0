"""How a table of kind `best` is laid out: what each source chose from, which names differ, what no benchmark holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zsbench.errors import ZsbenchError
from zsbench.tables.printed_best import PrintedBest


@dataclass(frozen=True)
class ChosenFrom:
    """Which networks the proxies of a source chose from."""

    source: str
    all: bool = False
    """All networks of the space."""
    draw: int = 0
    """A random draw of so many."""
    otherwise: str = ""
    """What else was done, in words."""
    spaces: Sequence[str] = ()
    """Where this holds; empty: everywhere."""
    proxies: Sequence[str] = ()
    """For which of the source's rows this holds, by its own names; empty: for all."""

    def __post_init__(self) -> None:
        """Refuse what says nothing, or two things."""
        if sum(map(bool, (self.all, self.draw, self.otherwise))) != 1:
            raise ZsbenchError(f"say one of all, draw and otherwise of {self.source}")

    def covers(self, row: PrintedBest) -> bool:
        """Return whether this says what a row was chosen from."""
        return (
            row.source == self.source
            and (not self.spaces or row.space in self.spaces)
            and (not self.proxies or row.proxy in self.proxies)
        )

    @property
    def text(self) -> str:
        """What the table shows of it, in a word or two."""
        if self.all:
            return "all"
        return f"draws of {self.draw:,}" if self.draw else "other"


NOT_STATED = ChosenFrom("", otherwise="candidates not stated")
ALL = ChosenFrom("", all=True)


@dataclass(frozen=True)
class BestLayout:
    """A table of kind `best` as `configs/tables/NAME.toml` lays it out."""

    title: str
    target: str
    protocol: str
    chosen_from: tuple[ChosenFrom, ...] = ()
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Source -> its name for a proxy -> ours, where the same name means another function."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Space -> why no benchmark can have its networks."""
    remarks: Sequence[str] = ()
    """What a reader should know of published values; captions of the table."""

    @classmethod
    def of(cls, layout: Mapping[str, Any]) -> BestLayout:
        """Read what a TOML file holds; raise `ZsbenchError` if it is no such table."""
        given = {key: value for key, value in layout.items() if key not in {"kind", "summary", "chosen_from"}}
        try:
            return cls(chosen_from=tuple(ChosenFrom(**one) for one in layout.get("chosen_from", ())), **given)
        except TypeError as error:
            raise ZsbenchError(f"{layout.get('title', 'this')!r} is not a table of kind best: {error}") from error

    def among(self, row: PrintedBest) -> ChosenFrom:
        """Return what the proxy of a published row chose from; the last entry that covers it wins."""
        return next((one for one in reversed(self.chosen_from) if one.covers(row)), NOT_STATED)

    def our_name(self, row: PrintedBest) -> str:
        """Return our name of a published row's proxy."""
        return self.renamed.get(row.source, {}).get(row.proxy, row.proxy)
