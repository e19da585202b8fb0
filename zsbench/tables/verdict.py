"""What a named table says of a cell: one small set of first words, so that cells of all tables can be counted."""

from __future__ import annotations

from enum import StrEnum

INSIDE = "inside"
NOTHING_PUBLISHED = "nothing published"


class Outcome(StrEnum):
    """What a verdict comes down to."""

    AGREES = "agree"
    DIFFERS = "disagree"
    MISSING = "missing"
    NOT_COMPARABLE = "not comparable"
    NOTHING_PUBLISHED = "nothing published"


_BY_FIRST_WORDS = {
    INSIDE: Outcome.AGREES,
    "within": Outcome.AGREES,
    "outside": Outcome.DIFFERS,
    "missing": Outcome.MISSING,
    "not comparable": Outcome.NOT_COMPARABLE,
    NOTHING_PUBLISHED: Outcome.NOTHING_PUBLISHED,
}


def within(what: str) -> str:
    """Return the verdict of a value that is not inside the published ones, but near enough for the reason `what`."""
    return f"within {what}"


def outside(distance: float, digits: int = 3) -> str:
    """Return the verdict of a value that lies `distance` above (+) or below (-) the published ones."""
    return f"outside by {distance:+.{digits}f}"


def missing(why: str) -> str:
    """Return the verdict of a cell without a value of ours."""
    return f"missing: {why}"


def not_comparable(why: str) -> str:
    """Return the verdict of a cell whose published value is of something else than ours."""
    return f"not comparable: {why}"


def outcome_of(verdict: str) -> Outcome:
    """Return what a verdict comes down to; raise `ValueError` if it begins with none of the words above."""
    for words, outcome in _BY_FIRST_WORDS.items():
        if verdict == words or verdict.startswith((f"{words} ", f"{words}:")):
            return outcome
    msg = f"a verdict begins with one of {', '.join(_BY_FIRST_WORDS)}, not so: {verdict!r}"
    raise ValueError(msg)
