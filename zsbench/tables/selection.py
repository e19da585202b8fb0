"""The best few proxies together, against the best single one: chosen on some networks, judged on the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.errors import NothingToReportError, UsageError
from zsbench.spaces.base import Space
from zsbench.stats import Statistic
from zsbench.stats.aggregate import TERMS
from zsbench.stats.estimate import NAN, Bools, Estimate, same_source
from zsbench.stats.selection import FOLDS, MOST_TRAINING, Fold, cross_validated, deal, gain, held_out
from zsbench.tables.aggregates import parse_method
from zsbench.tables.captions import heading, interval, shown_p, title
from zsbench.tables.correlations import Correlations
from zsbench.tables.measured import ProxyScores
from zsbench.tables.records import number
from zsbench.tables.table import Cell, Column, Table

SINGLE = "best single"
FEWEST = 20
"""Networks a fold holds at least."""
_RECORD_COLUMNS = tuple(
    Column(name)
    for name in (
        *("space", "dataset", "target", "regime", "choice", "statistic", "value", "low", "high", "stderr"),
        *("training", "difference", "difference_low", "difference_high", "p", "n", "folds", "chosen"),
    )
)
_HOW = (
    f"Chosen by the statistic on the networks outside a fold ({FOLDS} folds, equal networks in one; on at most "
    f"{MOST_TRAINING:,} of them). training: what it has there, too good by what choosing does."
)
_COMPARED = (
    f"[95 %]: on the networks held out, mean over folds, jackknifed. - {SINGLE}: difference from the single proxy "
    "chosen and judged the same way; p of none, two-sided. chosen: proxies, by the number of folds that chose them."
)


@dataclass(frozen=True)
class Choice:
    """How many proxies to choose, and how to rank by them."""

    method: str
    size: int

    @property
    def name(self) -> str:
        """As people type it."""
        return f"{self.method}:{self.size}"


def parse_choice(text: str) -> Choice:
    """Return the choice that `METHOD:NUMBER` names, such as `log-rank:3`; raise `UsageError` for anything else."""
    method, number_ = parse_method(text, "how many proxies to choose, such as log-rank:3")
    if method not in TERMS:
        raise UsageError(f"proxies to {method} on are not chosen: it takes too long", f"{' or '.join(TERMS)}")
    if not number_.isdecimal() or int(number_) < 2:
        raise UsageError(f"{number_!r} in {text!r} is no number of proxies to aggregate", "at least 2: log-rank:3")
    return Choice(method, int(number_))


@dataclass(frozen=True, eq=False)
class Selection:
    """What was chosen on the networks outside each fold, and how it does inside."""

    result: Correlations
    statistic: Statistic
    proxies: tuple[str, ...]
    """What there was to choose from."""
    single: tuple[Fold, ...]
    choices: tuple[tuple[str, tuple[Fold, ...]], ...]
    """(name, one a fold)."""

    @property
    def n(self) -> int:
        """Networks with a number of every proxy."""
        return sum(len(fold.held_out.left_out) for fold in self.single)

    def chosen(self, folds: Sequence[Fold]) -> str:
        """Say which proxies were chosen, with the number of folds that chose them."""
        times = Counter(self.proxies[place] for fold in folds for place in fold.chosen)
        return ", ".join(f"{name} {times[name]}" for name in sorted(times, key=lambda name: (-times[name], name)))


def selection_of(result: Correlations, space: Space, choices: Sequence[Choice]) -> Selection:
    """Return how each choice does on networks that it was not made on, by the first correlation asked for.

    Raises `NothingToReportError` if too few networks have a number of every proxy, `UsageError` for a choice that
    cannot be made.
    """
    statistic = next((one for one in result.statistics if one.leaving_out), None)
    correlation = statistic.leaving_out if statistic else None
    if statistic is None or correlation is None:
        raise UsageError("nothing asked for is a correlation to choose by", "--stat kendall, spearman or pearson")
    candidates = [line.scores for line in result.lines if line.n and not line.scores.proxy.is_aggregate]
    complete = _complete(candidates)
    scores = np.array([column.value[complete] for column in candidates])
    index = result.index[complete]
    fold = deal(space.twins(loose_ends=False)[index])
    source = same_source(*(column.source for column in candidates))
    source = None if source is None else source[complete]

    def judged(choice: Choice) -> tuple[Fold, ...]:
        truth = result.truth.values[index]
        return tuple(cross_validated(scores, truth, fold, choice.size, correlation, TERMS[choice.method], source))

    return Selection(
        result,
        statistic,
        tuple(column.proxy.name for column in candidates),
        judged(Choice("borda", 1)),
        tuple((choice.name, judged(choice)) for choice in choices),
    )


def _complete(candidates: Sequence[ProxyScores]) -> Bools:
    if len(candidates) < 2:
        raise NothingToReportError("there are fewer than two proxies to choose from", "zsbench score --proxy all")
    complete: Bools = np.logical_and.reduce([column.usable for column in candidates])
    if (n := int(complete.sum())) < FEWEST * FOLDS:
        least = min(candidates, key=lambda column: int(column.usable.sum())).proxy.name
        raise NothingToReportError(
            f"{n} networks have a number of every proxy, too few to choose on some and judge on others",
            f"at least {FEWEST * FOLDS}; {least} has the fewest: score more, or leave it out with --proxy",
        )
    return complete


def selection_table(selection: Selection) -> Table:
    """Return a row a choice, as people read it, after that of the best single proxy."""
    tau = heading(selection.statistic)
    columns = (
        Column("choice"),
        Column(tau, digits=3),
        Column("[95 %]", priority=1),
        Column("training", digits=3, priority=3),
        Column(f"- {SINGLE}", digits=3),
        Column("p", priority=2),
        Column("chosen"),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, folds in ((SINGLE, selection.single), *selection.choices):
        found, compared = held_out(folds), gain(folds, selection.single)
        difference = (None, None) if name == SINGLE else (compared.estimate.value, shown_p(compared.p))
        rows.append((name, found.value, interval(found, 3), _training(folds), *difference, selection.chosen(folds)))
    said = (
        f"Target {selection.result.truth.target}: {selection.result.truth.source}.",
        f"{selection.n:,} networks on which each of these has a number: {', '.join(selection.proxies)}.",
        *(_HOW, _COMPARED),
    )
    return Table(f"{title(selection.result)}, chosen by {tau}", columns, tuple(rows), said)


def selection_records(selections: Sequence[Selection]) -> Table:
    """Return the same for programs, one row a (set, regime, choice)."""
    rows: list[tuple[Cell, ...]] = []
    for one in selections:
        where = (one.result.space, one.result.dataset, one.result.truth.target, one.result.regime.name)
        for name, folds in ((SINGLE, one.single), *one.choices):
            found, compared = held_out(folds), gain(folds, one.single)
            difference = compared.estimate if name != SINGLE else Estimate(NAN)
            numbers = (
                *(found.value, found.low, found.high, found.stderr, _training(folds)),
                *(difference.value, difference.low, difference.high, compared.p if name != SINGLE else NAN),
            )
            about = (one.n, len(folds), one.chosen(folds))
            rows.append((*where, name, one.statistic.name, *map(number, numbers), *about))
    return Table("", _RECORD_COLUMNS, tuple(rows))


def _training(folds: Sequence[Fold]) -> float:
    return float(np.mean([fold.training for fold in folds]))
