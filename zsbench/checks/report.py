"""What a check comes to: three rows a proxy, remarks, and whether it fails."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zsbench.checks.compared import Compared

NAN = math.nan
LEVEL = 0.01
"""How often honest scores may fail any proxy at all, in layer 2 and in layer 3 each (Holm's correction)."""


class Layer(StrEnum):
    """What is judged, from the strictest question to the one that matters most."""

    NUMBERS = "numbers"
    RANKS = "ranks"
    USEFULNESS = "usefulness"


class Verdict(StrEnum):
    """What a layer says of a proxy."""

    SAME = "same"
    MOVED = "moved"
    EXPECTED = "expected"
    """Moved, but its definition says so: its version is another one."""
    PLATFORM = "platform"
    """Moved a little together with most others, on another processor or library; no ranking moved with it."""
    UNTESTED = "not tested"


@dataclass(frozen=True)
class Row:
    """One layer of one proxy."""

    proxy: str
    layer: Layer
    verdict: Verdict
    why: str
    before: float = NAN
    """numbers: the tolerance; ranks: tau between the baseline's own seeds; usefulness: tau with the truth then."""
    now: float = NAN
    """numbers: the largest relative difference; ranks: tau between old and new; usefulness: tau with the truth now."""
    p: float = NAN
    p_holm: float = NAN
    n: int = 0
    """Numbers, or networks, that were compared."""
    typical: float = NAN
    """numbers: the median relative difference."""
    touched: bool = False
    """numbers: whether any bit changed."""

    @property
    def difference(self) -> float:
        """How far it moved: `now` itself for numbers, else `now` minus `before`."""
        return self.now if self.layer is Layer.NUMBERS else self.now - self.before


@dataclass(frozen=True)
class Remark:
    """Something a reader should know that is no failure by itself, unless `--strict` is."""

    proxy: str
    text: str


@dataclass(frozen=True)
class Report:
    """All that was found."""

    rows: tuple[Row, ...]
    remarks: tuple[Remark, ...]
    causes: tuple[str, ...]
    """What the evidence that proxies share says of where to look."""
    compared: Compared

    def of(self, proxy: str) -> tuple[Row, ...]:
        """Return the three rows of a proxy."""
        return tuple(row for row in self.rows if row.proxy == proxy)

    @property
    def proxies(self) -> tuple[str, ...]:
        """The proxies that were judged."""
        return tuple(dict.fromkeys(row.proxy for row in self.rows))

    def moved(self, gate: Layer = Layer.NUMBERS) -> tuple[str, ...]:
        """Return the proxies that moved in layer `gate` or one above it."""
        return proxies_with(self.rows, Verdict.MOVED, _from(gate))

    def by_remark(self) -> dict[str, list[str]]:
        """Return each remark and the proxies that it is of."""
        said: dict[str, list[str]] = {}
        for remark in self.remarks:
            said.setdefault(remark.text, []).append(remark.proxy)
        return said

    def excused(self) -> tuple[str, ...]:
        """Return the proxies that moved for a reason known: a new definition, another platform."""
        both = (*proxies_with(self.rows, Verdict.EXPECTED), *proxies_with(self.rows, Verdict.PLATFORM))
        return tuple(dict.fromkeys(both))

    def reason_to_fail(self) -> str:
        """Say what `strict` fails on; empty if it has nothing to."""
        names = dict.fromkeys((*self.excused(), *(remark.proxy for remark in self.remarks)))
        return f"--strict allows no change at all, and there is one of {', '.join(names)}" if names else ""

    def failed(self, *, strict: bool = False, gate: Layer = Layer.NUMBERS) -> bool:
        """Return whether the check fails; `strict` lets remarks, expected and platform changes fail it, too."""
        return bool(self.moved(gate)) or (strict and bool(self.reason_to_fail()))


def _from(gate: Layer) -> tuple[Layer, ...]:
    layers = tuple(Layer)
    return layers[layers.index(gate) :]


def proxies_with(rows: Iterable[Row], verdict: Verdict, layers: Iterable[Layer] = tuple(Layer)) -> tuple[str, ...]:
    """Return the proxies with a row of this verdict in any of `layers`, each once."""
    wanted = set(layers)
    return tuple(dict.fromkeys(row.proxy for row in rows if row.verdict is verdict and row.layer in wanted))
