"""`zsbench reproduce`: every named table that the stored scores allow, and how their cells stand to print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.options import FormatOption, ResultsOption
from zsbench.cli.output import Format, emit, emit_all, wants_people_view
from zsbench.cli.table import MixedOption, ProtocolOption, sources_of
from zsbench.errors import NothingToReportError

if TYPE_CHECKING:
    from zsbench.tables import Table


def reproduce(
    names: Annotated[list[str] | None, typer.Argument(help="Names of `zsbench list tables` [default: all]")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the tables into this folder, with the summary.")
    ] = None,
    format: FormatOption = None,
    protocol: ProtocolOption = None,
    mixed: MixedOption = False,
    results: ResultsOption = None,
) -> None:
    """Make every named table that the stored scores allow, and count the cells that agree with print.

    With -o, tables are written as Markdown, or in the format given. A table without any number of ours is not written.
    """
    from zsbench.tables.named import layouts, make_table, read_layout
    from zsbench.tables.summary import has_ours, summary

    for name in names or ():
        read_layout(name)  # an unknown name is refused before the others take their time
    sources = sources_of(results, protocol=protocol, mixed=mixed)
    made = {name: make_table(name, sources) for name in names or layouts()}
    counts = summary(made)
    kept = [name for name, table in made.items() if has_ours(table)]
    if not kept:
        raise NothingToReportError(
            "no table has a number of ours: nothing it needs is scored, or no accuracies are installed",
            "zsbench score; zsbench table NAME says what each table lacks",
        )
    if output:
        chosen = format or Format.MD
        for name in kept:
            _write(name, made[name], chosen, output / f"{name}.{_suffix(chosen)}")
        emit(counts, chosen, output / f"summary.{_suffix(chosen)}")
    emit(counts, format)


def _write(name: str, table: Table, format: Format, path: Path) -> None:
    from zsbench.tables.named import people_views

    emit_all(people_views(name, table) if wants_people_view(format, path) else [table], format, path)


def _suffix(format: Format) -> str:
    return "txt" if format is Format.RICH else format.value
