"""What `zsbench correlate` can show of its answers: the ranking itself, or another view instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from zsbench.cli.output import warn
from zsbench.errors import NothingToReportError, UsageError

if TYPE_CHECKING:
    from zsbench.stats import Regime
    from zsbench.store import ScoreSet
    from zsbench.tables.correlations import Correlations, Question
    from zsbench.tables.measured import Measured
    from zsbench.tables.selection import Choice, Selection
    from zsbench.tables.table import Table


class View(StrEnum):
    """A view by the option that asks for it; the ranking needs none."""

    RANKING = ""
    MATRIX = "--matrix"
    BIAS = "--bias"
    OVER_SEEDS = "--over-seeds"
    SELECT = "--select"


def only(*, matrix: bool, bias: bool, over_seeds: bool, select: bool, mixed: bool, share: bool) -> View:
    """Return the one view asked for; raise `UsageError` if there are two, or one that an option makes no sense of."""
    wanted = {View.MATRIX: matrix, View.BIAS: bias, View.OVER_SEEDS: over_seeds, View.SELECT: select}
    views = [view for view, asked in wanted.items() if asked]
    if len(views) > 1:
        raise UsageError(f"{' and '.join(views)} exclude each other", "ask for one at a time")
    if mixed and views and views[0] in {View.OVER_SEEDS, View.SELECT}:
        raise UsageError(f"--mixed and {views[0]} exclude each other", "leave out --mixed")
    if share and View.OVER_SEEDS in views:
        raise UsageError(f"--share and {views[0]} exclude each other", "leave out --share")
    return views[0] if views else View.RANKING


def show(
    found: Sequence[Correlations],
    view: View,
    choices: Sequence[Choice],
    *,
    people: bool,
    intervals: bool,
    at_top: bool,
) -> list[Table]:
    """Return the tables of a view, for people or for programs."""
    if view is View.MATRIX:
        from zsbench.tables.matrix import matrix_records, matrix_table

        return [matrix_table(one) for one in found] if people else [matrix_records(found)]
    if view is View.BIAS:
        from zsbench.registry import find_space
        from zsbench.tables.bias import bias_of, bias_records, bias_table

        biases = [bias_of(one, find_space(one.space)) for one in found]
        return [bias_table(one) for one in biases] if people else [bias_records(biases)]
    if view is View.SELECT:
        from zsbench.tables.selection import selection_records, selection_table

        made = _selections(found, choices)
        return [selection_table(one) for one in made] if people else [selection_records(made)]
    from zsbench.tables.people import people_table
    from zsbench.tables.records import records_table

    if people:
        return [people_table(one, intervals=intervals, at_top=at_top) for one in found]
    return [records_table(found, intervals=intervals)]


def _selections(found: Sequence[Correlations], choices: Sequence[Choice]) -> list[Selection]:
    from zsbench.registry import find_space
    from zsbench.tables.selection import selection_of

    made: list[Selection] = []
    nothing: list[NothingToReportError] = []
    for one in found:
        try:
            made.append(selection_of(one, find_space(one.space), choices))
        except NothingToReportError as error:
            nothing.append(error)
    if not made:
        raise nothing[0]
    for missing in nothing:
        warn(missing.message)
    return made


def over_seeds(
    sets: Iterable[ScoreSet], target: str | None, regimes: Sequence[Regime], question: Question
) -> list[Table]:
    """Return a table a dataset and regime; raise `NothingToReportError` if nothing is scored under two seeds."""
    from zsbench.api import find_truth
    from zsbench.registry import find_space, proxies
    from zsbench.tables.measured import measured
    from zsbench.tables.over_seeds import over_seeds_table

    datasets: dict[tuple[str, str], list[Measured]] = {}
    for table in measured(sets, proxies()):
        datasets.setdefault((table.space, table.dataset), []).append(table)
    made: list[Table] = []
    for tables in datasets.values():
        known = find_space(tables[0].space)
        truth = find_truth(known, tables[0], target)
        for regime in regimes:
            try:
                made.append(over_seeds_table(tables, known, truth, regime, question))
            except NothingToReportError as error:
                warn(error.message)
    found = [table for table in made if table.rows]
    if not found:
        raise NothingToReportError("no proxy asked for is scored under two seeds or more", "zsbench score --seed 0-4")
    return found
