"""What `plot` and `report` draw from: of every dataset stored, the table with the most scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn
from zsbench.errors import NothingToReportError, UsageError, ZsbenchError

if TYPE_CHECKING:
    from zsbench.figures.study import Study
    from zsbench.registry import Proxy
    from zsbench.store import Scores
    from zsbench.tables.measured import Measured


def stored_studies(  # the options of both commands
    space: str | None = None,
    dataset: str | None = None,
    proxy: list[str] | None = None,
    target: str | None = None,
    regime: str = "all",
    conditions: str | None = None,
    results: Path | None = None,
    *,
    mixed: bool = False,
) -> list[Study]:
    """Return one study a dataset stored; raise `NothingToReportError` if there is none.

    Where a dataset is stored under several conditions, the table with the most scores stands for it, and the others
    are named on stderr; `conditions` (the beginning of an id) chooses, `mixed` brings them all together, labelled.
    Other people's scores of the same networks stand beside ours. What has no truth here is left out with a warning, and
    raised if nothing else is there.
    """
    from zsbench.api import find_dataset
    from zsbench.cli.stored import stored_scores
    from zsbench.registry import find_space, proxies, select_proxies
    from zsbench.stats import parse_regimes
    from zsbench.tables.foreign import foreign_proxies

    within = parse_regimes(regime)
    if len(within) > 1:
        raise UsageError(f"{regime!r} are several regimes", "name one; figures show its best networks too")
    if mixed and conditions is not None:
        raise UsageError("--mixed takes all conditions, and --conditions chooses some", "leave out one of them")
    space = find_space(space).name if space is not None else None
    dataset = find_dataset(space, dataset) if dataset is not None else None
    stored = stored_scores(results, space=space, dataset=dataset)
    chosen = tuple(select_proxies(proxy or ["all"], foreign_proxies(stored.sets, proxies())))
    return _studies(_tables(stored, chosen, conditions, mixed=mixed), chosen, target, within[0].name)


def _tables(stored: Scores, chosen: Sequence[Proxy], conditions: str | None, *, mixed: bool) -> list[Measured]:
    """Return one table a dataset; raise `UsageError` if none is of the `conditions`."""
    from zsbench.registry import proxies, spaces
    from zsbench.tables.foreign import beside, ours_and_theirs
    from zsbench.tables.mixed import joined
    from zsbench.tables.shared import each_shared

    ours, theirs = ours_and_theirs(stored.sets, proxies())
    ours = each_shared(ours, spaces())
    if conditions is None:
        return beside(joined(ours) if mixed else _largest_each(ours), theirs, chosen)
    found = [table for table in (*ours, *theirs) if _has(table, conditions)]
    if not found:
        raise UsageError(f"no scores are stored under conditions {conditions}", "zsbench scores ls")
    return _largest_each(found)


def _studies(tables: Sequence[Measured], chosen: tuple[Proxy, ...], target: str | None, regime: str) -> list[Study]:
    from zsbench.api import find_truth
    from zsbench.figures.study import Study
    from zsbench.registry import find_space
    from zsbench.tables.measured import chosen as columns_of

    studies: list[Study] = []
    left_out: list[ZsbenchError] = []
    for table in tables:
        if not columns_of(table.scores, chosen):
            continue
        try:
            space = find_space(table.space)
            studies.append(Study(table, space, find_truth(space, table, target), chosen, regime))
        except ZsbenchError as error:
            left_out.append(error)
    if not studies:
        raise left_out[0] if left_out else NothingToReportError("none of these proxies is stored", "zsbench scores ls")
    for reason in left_out:
        warn(f"left out: {reason.message}")
    return studies


def _ids(table: Measured) -> list[str]:
    return sorted({conditions.id for column in table.scores for conditions in column.conditions})


def _has(table: Measured, conditions: str | None) -> bool:
    return conditions is None or any(known.startswith(conditions) for known in _ids(table))


def _largest_each(tables: Sequence[Measured]) -> list[Measured]:
    """Return for every dataset the table with the most scores, and say which others there are."""
    by_dataset: dict[tuple[str, str], list[Measured]] = {}
    for table in tables:
        if table.scores:
            by_dataset.setdefault((table.space, table.dataset), []).append(table)
    for (space, dataset), several in by_dataset.items():
        several.sort(key=lambda table: -sum(int(column.usable.sum()) for column in table.scores))
        if len(several) > 1:
            others = ", ".join("+".join(_ids(table)) for table in several[1:])
            note(f"{space} {dataset} is also stored under {others}: --conditions chooses")
    return [several[0] for several in by_dataset.values()]
