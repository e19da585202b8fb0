"""`zsbench table`: a named table, published beside measured; only reads."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from zsbench.cli.options import FormatOption, OutputOption, ResultsOption
from zsbench.cli.output import emit_all, wants_people_view

if TYPE_CHECKING:
    from zsbench.store import ScoreSet
    from zsbench.tables.sources import Sources

ProtocolOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Scores of this protocol in place of the table's own (unified).")
]
MixedOption: TypeAlias = Annotated[
    bool, typer.Option("--mixed", help="Scores of several conditions in one table, labelled.")
]


def table(
    name: Annotated[str, typer.Argument(help="A name of `zsbench list tables`.")],
    protocol: ProtocolOption = None,
    mixed: MixedOption = False,
    results: ResultsOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Print a named table: published values beside ours."""
    from zsbench.tables.named import make_table, people_views

    made = make_table(name, sources_of(results, protocol=protocol, mixed=mixed))
    emit_all(people_views(name, made) if wants_people_view(format, output) else [made], format, output)


def sources_of(results: Path | None, *, protocol: str | None = None, mixed: bool = False) -> Sources:
    """Return what named tables read; files and scores that cannot be used are warned of once a space and dataset."""
    from zsbench.cli.stored import current_versions, say_what_is_left_out, scores_to_read
    from zsbench.conditions import load_protocol
    from zsbench.registry import proxies, spaces
    from zsbench.store import read_scores
    from zsbench.tables.sources import Sources

    place, versions = scores_to_read(results), current_versions()

    def read(space: str, dataset: str) -> Sequence[ScoreSet]:
        stored = read_scores(place, space=space, dataset=dataset, versions=versions)
        say_what_is_left_out(stored)
        return stored.sets

    return Sources(
        spaces(),
        proxies(),
        read,
        protocol=load_protocol(protocol).name if protocol else "",
        mixed=mixed,
        options=f" --results {shlex.quote(str(results))}" if results else "",
    )
