"""What `zsbench data import` does for one space, and the table that tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from zsbench.spaces.base import Space
    from zsbench.truths.columns import TruthColumn
    from zsbench.truths.costs import CostColumn
    from zsbench.truths.files import ImportedFile
    from zsbench.truths.importing import Storing, TableOptions


def imported(into: Space, file: Path, table: TableOptions, storing: Storing) -> list[tuple[Cell, ...]]:
    """Import a file into one space; return the rows that tell of it."""
    from rich.console import Console
    from rich.progress import Progress

    from zsbench.truths.importing import find_reader, import_file

    official = find_reader(into, file) if file.exists() else None
    if official and official.note:
        note(f"loading {file}; {official.note}")
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name, total=None)
        stored, columns = import_file(
            into,
            file,
            table,
            storing=storing,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    note(f"wrote {stored.path}")
    return _truth_rows(into, stored, columns) + _cost_rows(into, stored)


def _truth_rows(space: Space, stored: ImportedFile, columns: list[TruthColumn]) -> list[tuple[Cell, ...]]:
    names = {c.dataset: space.targets(c.dataset) for c in columns}
    rows = []
    for c in columns:
        plain = names[c.dataset].get(c.target) == names[c.dataset][f"{c.target}@{stored.name}"]
        rows.append(_row(f"{c.target}@{stored.name}", space, c.dataset, c.target if plain else None, c))
        if plain:
            _warn_of_less(space, c, names[c.dataset])
    return rows


def _warn_of_less(space: Space, new: TruthColumn, names: Mapping[str, str]) -> None:
    """Warn where a plain name now means fewer networks than another column of that name has."""
    import numpy as np

    others = [name for name in names if name.startswith(f"{new.target}@")]
    known = {name: int(np.isfinite(space.truth(new.dataset, name).values).sum()) for name in others}
    here = int(np.isfinite(new.values).sum())
    fullest = max(known, key=known.__getitem__, default="")
    if fullest and known[fullest] > here:
        warn(
            f"{new.target} of {new.dataset} now means {here:,} networks, where {fullest} has {known[fullest]:,}: "
            f"--target {fullest} asks for those"
        )


def _cost_rows(space: Space, stored: ImportedFile) -> list[tuple[Cell, ...]]:
    from zsbench.truths.costs import CostColumn
    from zsbench.truths.files import read_cost

    rows = []
    for dataset, name, what in stored.costs:
        column = CostColumn(dataset, name, what, read_cost(stored, dataset, name))
        plain = None if name in space.costs(dataset) else name
        rows.append(_row(f"{name}@{stored.name}", space, dataset, plain, column))
    return rows


def _row(
    name: str, space: Space, dataset: str, plain: str | None, column: TruthColumn | CostColumn
) -> tuple[Cell, ...]:
    import numpy as np

    known = column.values[np.isfinite(column.values)]
    found = len(known), len(space), float(known.min()), float(known.max())
    return (name, space.name, dataset, plain, *found, column.what)


def summary(spaces: Sequence[Space], rows: list[tuple[Cell, ...]]) -> Table:
    """Return the table of the rows of all imports."""
    from zsbench.truths import RULE

    header = (
        Column("name"),
        Column("space", human=len(spaces) > 1),
        Column("dataset"),
        Column("also_called"),
        Column("known"),
        Column("of"),
        Column("lowest", digits=2),
        Column("highest", digits=2),
        Column("what"),
    )
    into = spaces[0].name if len(spaces) == 1 else f"{len(spaces)} spaces"
    return Table(f"Imported into {into}", header, tuple(rows), (f"{RULE}.",))
