from __future__ import annotations

import pytest

from zsbench.tables.verdict import (
    INSIDE,
    NOTHING_PUBLISHED,
    Outcome,
    missing,
    not_comparable,
    outcome_of,
    outside,
    within,
)


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (INSIDE, Outcome.AGREES),
        (within("0.03"), Outcome.AGREES),
        (outside(-0.1), Outcome.DIFFERS),
        (missing("not scored"), Outcome.MISSING),
        (not_comparable("another target"), Outcome.NOT_COMPARABLE),
        (NOTHING_PUBLISHED, Outcome.NOTHING_PUBLISHED),
    ],
)
def test_every_verdict_comes_down_to_an_outcome(verdict, outcome):
    assert outcome_of(verdict) is outcome


@pytest.mark.parametrize("words", ["", "insideout", "probably inside", "missed", "nothing"])
def test_other_words_are_no_verdict(words):
    with pytest.raises(ValueError, match="a verdict begins with one of"):
        outcome_of(words)


def test_the_distance_keeps_its_sign():
    assert outside(0.1) == "outside by +0.100"
    assert outside(-1.234, digits=1) == "outside by -1.2"
