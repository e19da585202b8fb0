"""Which proxies to aggregate, chosen on some networks and judged on others: cross-validated selection.

The best of many subsets always looks better on the networks it was chosen on than it is. So networks are dealt into
folds; each fold is judged by what was chosen on all the others (Stone, JRSS B 1974). Ranks are those within the fold:
an aggregate knows only the networks it ranks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np

from zsbench.conditions import derived_seed
from zsbench.errors import UsageError
from zsbench.stats.estimate import NAN, Z95, Estimate, Floats, Ints, LeftOut, undefined
from zsbench.stats.paired import Difference, difference
from zsbench.stats.statistic import Compared

FOLDS = 5
MOST_SUBSETS = 5_000
MOST_TRAINING = 2_000
"""Networks that a choice is made on; where there are more, so many are drawn by lot."""

Correlation: TypeAlias = Callable[[Compared], LeftOut]


@dataclass(frozen=True, eq=False)
class Fold:
    """What was chosen on all networks but a fold's, and how it does on the fold's."""

    chosen: tuple[int, ...]
    """Places of the proxies chosen."""
    training: float
    """The correlation on the networks it was chosen on."""
    held_out: LeftOut
    """The correlation on those it was not chosen on; NaN if they are all tied."""


def deal(representative: Ints, number: int = FOLDS) -> Ints:
    """Return (n,) the fold of each network, dealt by lot; equal networks share one, lest one tell of the other.

    The same networks are always dealt alike.
    """
    classes, group = np.unique(representative, return_inverse=True)
    lot = np.random.default_rng(derived_seed("folds", len(classes), number)).permutation(len(classes))
    fold: Ints = (lot % number)[group]
    return fold


def cross_validated(
    scores: Floats,
    truth: Floats,
    fold: Ints,
    size: int,
    correlation: Correlation,
    term: Callable[[Floats], Floats],
    source: Ints | None = None,
) -> list[Fold]:
    """Choose `size` rows of `scores` (m, n) for every fold on all the others, by `correlation` with `truth`.

    A subset is ranked by the sum of its rows' `term`s. `source` (n,) is equal for networks that share scores. Raises
    `UsageError` for more subsets than can be tried.
    """
    subsets = _subsets(len(scores), size)
    found = []
    for one in np.unique(fold):
        training, held_out = _drawn(np.flatnonzero(fold != one)), np.flatnonzero(fold == one)
        terms = np.array([term(row) for row in scores[:, training]])
        tried = [_correlated(correlation, terms[list(chosen)], truth[training]).value for chosen in subsets]
        best = int(np.argmax(np.nan_to_num(tried, nan=-math.inf)))
        terms = np.array([term(row) for row in scores[list(subsets[best])][:, held_out]])
        shared = None if source is None else source[held_out]
        found.append(Fold(subsets[best], tried[best], _correlated(correlation, terms, truth[held_out], shared)))
    return found


def _subsets(proxies: int, size: int) -> Sequence[tuple[int, ...]]:
    if not 1 <= size <= proxies:
        raise UsageError(f"{size} of {proxies} proxies cannot be chosen", f"a number from 1 to {proxies}")
    if (number := math.comb(proxies, size)) > MOST_SUBSETS:
        raise UsageError(
            f"{number:,} choices of {size} of {proxies} proxies are too many to try (at most {MOST_SUBSETS:,})",
            "name fewer to choose from with --proxy",
        )
    return list(combinations(range(proxies), size))


def _drawn(places: Ints) -> Ints:
    if len(places) <= MOST_TRAINING:
        return places
    generator = np.random.default_rng(derived_seed("training", len(places)))
    return np.sort(generator.choice(places, MOST_TRAINING, replace=False))


def _correlated(correlation: Correlation, terms: Floats, truth: Floats, source: Ints | None = None) -> LeftOut:
    joined: Floats = terms.sum(axis=0)
    if undefined(joined, truth):
        return LeftOut(NAN, np.full(len(truth), NAN))
    return correlation(Compared(joined, truth, source=source))


def held_out(folds: Sequence[Fold]) -> Estimate:
    """Return the mean correlation over held-out folds.

    Its error is theirs, jackknifed: folds share no network. What another choice would change is not in it.
    """
    errors = [one.held_out.stderr for one in folds]
    value = float(np.mean([one.held_out.value for one in folds]))
    if math.isnan(value):
        return Estimate(NAN, reason="a fold has too few networks, or equal scores only")
    return Estimate.of_correlation(value, _of_mean(errors))


def gain(folds: Sequence[Fold], others: Sequence[Fold]) -> Difference:
    """Return how much better one choice does on held-out networks than another, on the same folds."""
    each = [difference(one.held_out, other.held_out) for one, other in zip(folds, others, strict=True)]
    value, stderr = (
        float(np.mean([one.estimate.value for one in each])),
        _of_mean([one.estimate.stderr for one in each]),
    )
    n = sum(one.n for one in each)
    if not math.isfinite(value) or not stderr > 0:
        return Difference(Estimate(value, stderr), n, 1.0 if value == 0 else NAN)
    p = math.erfc(abs(value) / stderr / math.sqrt(2))
    return Difference(Estimate(value, stderr, value - Z95 * stderr, value + Z95 * stderr), n, p)


def _of_mean(errors: Sequence[float]) -> float:
    """Return the standard error of the mean of independent numbers, given theirs."""
    return math.sqrt(sum(error**2 for error in errors)) / len(errors)
