"""Named tables: `configs/tables/NAME.toml` says what is in one; its `kind` is the module that makes it."""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from zsbench.errors import ZsbenchError, unknown_name
from zsbench.paths import packaged
from zsbench.tables.sources import Sources
from zsbench.tables.table import Table

KINDS = {
    "correlations": "zsbench.tables.comparison",
    "best": "zsbench.tables.best",
    "exact": "zsbench.tables.exact",
}
"""Kind -> the module whose `make(layout, name, sources)` returns the table; its last column is `verdict`."""


def layouts() -> dict[str, Path]:
    """Return the tables that ship with zsbench, by name."""
    return {path.stem: path for path in sorted((packaged("configs") / "tables").glob("*.toml"))}


def read_layout(name: str) -> dict[str, Any]:
    """Read a table's layout by name; raise `UsageError` with a suggestion if there is none.

    Raises `ZsbenchError` if its file cannot be read, or has an unknown kind.
    """
    known = layouts()
    if name not in known:
        raise unknown_name("table", name, known)
    try:
        layout = tomllib.loads(known[name].read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ZsbenchError(f"cannot read {known[name]}: {error}") from error
    kind = layout.setdefault("kind", "correlations")
    if kind not in KINDS:
        unknown = unknown_name("kind", kind, KINDS)
        raise ZsbenchError(f"{known[name]}: {unknown.message}", unknown.hint)
    return layout


def make_table(name: str, sources: Sources) -> Table:
    """Make a named table from what is stored; gaps are part of it. Raises `UsageError` if there is no such table."""
    layout = read_layout(name)
    sources = sources.fresh()
    made: Table = importlib.import_module(KINDS[layout["kind"]]).make(layout, name, sources)
    return replace(made, captions=(*made.captions, *sources.notes))


def people_views(name: str, table: Table) -> list[Table]:
    """Return a made table as people read it: in sections, or as a matrix, where its kind has such a view."""
    layout = read_layout(name)
    views = getattr(importlib.import_module(KINDS[layout["kind"]]), "people_views", None)
    shown: list[Table] = [table] if views is None else views(layout, table)
    return shown
