"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from zsbench.cli.output import Format

FormatOption: TypeAlias = Annotated[
    Format | None, typer.Option("--format", help="Default: rich on a terminal, TSV in a pipe, else the file's suffix.")
]
OutputOption: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")
]
SpaceOption: TypeAlias = Annotated[str | None, typer.Option(help="Space, such as nb201 [default: all stored]")]
DatasetOption: TypeAlias = Annotated[str | None, typer.Option(help="Dataset of the space [default: all stored]")]
ProxyOption: TypeAlias = Annotated[
    list[str] | None, typer.Option(help="Name, wildcard ('grad*'), family:NAME or all; repeatable [default: all]")
]
TargetOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Truth column [default: test where installed, else valid]")
]
ConditionsOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Beginning of the id of conditions [default: those with most scores]")
]
ResultsOption: TypeAlias = Annotated[Path | None, typer.Option(help="Results folder, or one score file")]
