"""What `plot` and `report` draw from: of every dataset stored, the table with the most scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note
from zsbench.errors import UsageError

if TYPE_CHECKING:
    from zsbench.figures.study import Study
    from zsbench.tables.measured import Measured


def stored_studies(  # the options of both commands
    space: str | None = None,
    dataset: str | None = None,
    proxy: list[str] | None = None,
    target: str | None = None,
    regime: str = "all",
    conditions: str | None = None,
    results: Path | None = None,
) -> list[Study]:
    """Return one study a dataset stored; raise `NothingToReportError` if there is none.

    Where a dataset is stored under several conditions, the table with the most scores stands for it, and the others
    are named on stderr; `conditions` (the beginning of an id) chooses.
    """
    from zsbench.api import find_dataset, find_truth
    from zsbench.cli.stored import stored_scores
    from zsbench.figures.study import Study
    from zsbench.registry import find_space, proxies, select_proxies
    from zsbench.stats import parse_regimes
    from zsbench.tables.measured import measured

    within = parse_regimes(regime)
    if len(within) > 1:
        raise UsageError(f"{regime!r} are several regimes", "name one; figures show its best networks too")
    space = find_space(space).name if space is not None else None
    dataset = find_dataset(space, dataset) if dataset is not None else None
    chosen = tuple(select_proxies(proxy or ["all"]))
    stored = stored_scores(results, space=space, dataset=dataset)
    tables = measured(stored.sets, proxies())
    studies = []
    for table in _largest_each([table for table in tables if _has(table, conditions)]):
        known = find_space(table.space)
        truth = find_truth(known, table, target)
        studies.append(Study(table, known, truth, chosen, within[0].name))
    if not studies:
        raise UsageError(f"no scores are stored under conditions {conditions}", "zsbench scores ls")
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
