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
