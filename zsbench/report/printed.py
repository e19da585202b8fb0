"""The named tables that say something about these studies: published values beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from zsbench.figures.study import Study
from zsbench.tables.named import layouts, make_table, people_views, read_layout
from zsbench.tables.sources import Sources
from zsbench.tables.summary import has_ours, outcomes
from zsbench.tables.table import Table
from zsbench.tables.verdict import Outcome

Where: TypeAlias = set[tuple[str, str]]
"""Spaces and datasets."""


@dataclass(frozen=True)
class Printed:
    """A named table, as far as it is about the studies: its parts, and how many of its cells came to what."""

    name: str
    title: str
    cells: dict[Outcome, int]
    views: tuple[Table, ...]


def printed(studies: Iterable[Study], sources: Sources) -> list[Printed]:
    """Return the tables that set a number of ours beside print, without what they say of other datasets."""
    wanted = {(study.space.name, study.measured.dataset) for study in studies}
    found = []
    for name in layouts():
        if not _may_be_about(read_layout(name), wanted):
            continue
        table = _about(make_table(name, sources), wanted)
        if table.rows and has_ours(table):
            counts = outcomes(table)
            views = tuple(_untitled(view, table.title) for view in people_views(name, table) if _says(view))
            found.append(Printed(name, table.title, {one: counts[one] for one in Outcome if counts[one]}, views))
    return found


def _says(view: Table) -> bool:
    """Return whether anything stands beside the names of the rows: a matrix may be about other spaces alone."""
    return any(cell not in {None, ""} for row in view.rows for cell in row[1:])


def _untitled(view: Table, title: str) -> Table:
    """Return a part of a table without the title of the whole, which stands above."""
    return replace(view, title=view.title.removeprefix(f"{title}: "))


def _may_be_about(layout: Mapping[str, Any], wanted: Where) -> bool:
    """Return whether a layout can say something of what is wanted; exact checks are about no scores of ours."""
    if layout["kind"] == "exact":
        return False
    scopes = [(scope["space"], dataset) for scope in layout.get("scope", ()) for dataset in scope["datasets"]]
    return not scopes or not wanted.isdisjoint(scopes)


def _about(table: Table, wanted: Where) -> Table:
    """Return the rows about these datasets."""
    names = [column.name for column in table.columns]
    places = [names.index(name) for name in ("space", "dataset")]
    rows = tuple(row for row in table.rows if tuple(row[place] for place in places) in wanted)
    return replace(table, rows=rows)
