"""Regimes as people type them: `valid&top1%,5%`, `params<=1M`, `flops:q25..q50`, `latency:DEVICE<=20ms`, `ops:none=0`.

A regime is steps joined by `&`, applied from left to right. A step is one filter, or several joined by `,`: then each
makes a regime of its own (after `top1%`, a bare `5%` means `top5%`). A filter is `all`, `unique`, `valid`, `topX%`, a
band of a cost `COST:qA..qB`, a group `GROUPING:NAME` (`family:ResNet`), a cost against a limit `COST<=NUMBER`, or a
count of an operation `ops:NAME=COUNT`, with `<=`, `>=`, `<`, `>`, `=` or `!=`; a number may end in k, M or G, and one
of latency ends in ms, one of energy in mJ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from zsbench.errors import UsageError, unknown_name
from zsbench.stats.regimes import (
    COMPARISONS,
    MEASURED,
    Budget,
    CostBand,
    Everything,
    Filter,
    Member,
    OperationCount,
    Regime,
    TopByTruth,
    Unique,
    Valid,
)

_NAMES = ("all", "unique", "valid", "top5%", "params<=1M", "flops:q25..q50", "ops:none=0", "family:NAME")
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_SIGN = re.compile("|".join(map(re.escape, COMPARISONS)))
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_OPERATIONS = "ops:"
_BAND = re.compile(r":q(?=\d)")
_GROUP = re.compile(r"([a-z]+):\s*(\S.*)")


@dataclass(frozen=True)
class _Piece:
    """A part of the text, and where it stands in it (from 0)."""

    text: str
    start: int

    def split(self, separator: str) -> list[_Piece]:
        """Return what stands between separators."""
        pieces, start = [], self.start
        for part in self.text.split(separator):
            pieces.append(_Piece(part, start).stripped())
            start += len(part) + len(separator)
        return pieces

    def stripped(self) -> _Piece:
        """Return the piece without the spaces around it."""
        return _Piece(self.text.strip(), self.start + len(self.text) - len(self.text.lstrip()))

    def after(self, characters: int) -> _Piece:
        """Return what follows the first characters."""
        return _Piece(self.text[characters:], self.start + characters).stripped()


def parse_regimes(text: str) -> list[Regime]:
    """Return the regimes that `text` names: steps joined by `&`, alternatives by `,` (`valid&top1%,5%,10%`).

    Raises `UsageError` that points at the character where it fails, or suggests a name.
    """
    alternatives = [_alternatives(step, text) for step in _Piece(text, 0).split("&")]
    return [
        Regime("&".join(name for name, _ in chosen), tuple(step for _, step in chosen))
        for chosen in product(*alternatives)
    ]


def _alternatives(step: _Piece, text: str) -> list[tuple[str, Filter]]:
    pieces = step.split(",")
    top = pieces[0].text.lower().startswith("top")
    return [_filter(piece, text, after_top=top) for piece in pieces]


def _filter(piece: _Piece, text: str, *, after_top: bool) -> tuple[str, Filter]:
    """Return a filter with its name as it is shown."""
    name = piece.text.lower()
    simple: dict[str, Filter] = {"all": Everything(), "unique": Unique(), "valid": Valid()}
    if name in simple:
        return name, simple[name]
    if after_top and not name.startswith("top"):
        name = f"top{name}"
    if match := re.fullmatch(r"top(\d+(?:\.\d+)?)%", name):
        percent = float(match[1])
        if not 0 < percent <= 100:
            raise UsageError(f"{name!r} in regime {text!r} is not between 0 and 100 %")
        return name, TopByTruth(percent)
    if sign := _SIGN.search(name):
        return _comparison(piece, sign, text)
    if band := _BAND.search(name):
        return _band(piece, band.start(), text)
    group = _GROUP.fullmatch(name)
    if group and group[1] in MEASURED:
        raise _fails(text, piece.start + len(piece.text), f"a limit, such as <=20{MEASURED[group[1]]}")
    if group and group[1] != "ops":
        called = piece.text[group.start(2) :]
        return f"{group[1]}:{called}", Member(group[1], called)
    error = unknown_name("regime", name, _NAMES)
    where = f", at character {piece.start + 1} of {text!r}" if piece.text != text.strip() else ""
    raise UsageError(f"{error.message}{where}", error.hint)


def _comparison(piece: _Piece, sign: re.Match[str], text: str) -> tuple[str, Filter]:
    what, comparison = piece.text[: sign.start()].strip().lower(), sign[0]
    counts = what.startswith(_OPERATIONS)
    if not what.removeprefix(_OPERATIONS):
        kind = "the name of an operation, such as ops:none=0" if counts else "a cost, such as params<=1M"
        raise _fails(text, piece.start + sign.start(), kind)
    shown, number = _number(piece.after(sign.end()), text, MEASURED.get(what.partition(":")[0], ""))
    name = f"{what}{comparison}{shown}"
    if counts:
        return name, OperationCount(what.removeprefix(_OPERATIONS).strip(), comparison, number)
    return name, Budget(what, comparison, number)


def _number(piece: _Piece, text: str, measured_in: str) -> tuple[str, float]:
    """Return a number as shown, with its unit, and its value; one that is `measured_in` something must say so."""
    digits = _NUMBER.match(piece.text)
    if digits is None:
        raise _fails(text, piece.start, "a number, such as 1.5M")
    unit = piece.after(digits.end())
    if measured_in:
        if unit.text.lower() != measured_in.lower():
            raise _fails(text, unit.start, f"the unit {measured_in}")
        return f"{digits[0]}{measured_in}", float(digits[0])
    if unit.text.lower() not in _UNITS:
        raise _fails(text, unit.start + (unit.text[0].lower() in _UNITS), "k, M, G, or the end of the number")
    shown = unit.text.upper().replace("K", "k")
    return digits[0] + shown, float(digits[0]) * _UNITS[unit.text.lower()]


def _band(piece: _Piece, colon: int, text: str) -> tuple[str, Filter]:
    cost = piece.text[:colon].strip().lower()
    if not cost:
        raise _fails(text, piece.start, "a cost, such as flops:q25..q50")
    rest, ends = piece.after(colon + 1), []
    for last in (False, True):
        match = re.match(r"q(\d+(?:\.\d+)?)", rest.text, re.IGNORECASE)
        if match is None or float(match[1]) > 100:
            raise _fails(text, rest.start, "a quantile from q0 to q100")
        ends.append(match[1])
        after = rest.after(match.end())
        if last and after.text:
            raise _fails(text, after.start, "the end of the quantiles")
        if not last and not after.text.startswith(".."):
            raise _fails(text, after.start, "'..' and a second quantile")
        rest = after.after(2)
    low, high = map(float, ends)
    if low >= high:
        raise UsageError(
            f"the quantiles of {piece.text!r} in regime {text!r} hold nothing", "the lower one comes first"
        )
    return f"{cost}:q{ends[0]}..q{ends[1]}", CostBand(cost, low, high)


def _fails(text: str, place: int, expected: str) -> UsageError:
    """Return the error that points at a character (counted from 1)."""
    where = f"at character {place + 1}, {text[place]!r}" if place < len(text) else "at its end"
    return UsageError(f"regime {text!r} fails {where}: expected {expected}", "zsbench correlate --help shows examples")
