"""`zsbench plot`: one figure of stored scores as a file; only reads, never imports torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zsbench.cli.options import (
    ConditionsOption,
    DatasetOption,
    ProxyOption,
    ResultsOption,
    SpaceOption,
    TargetOption,
)
from zsbench.cli.output import note, write_file
from zsbench.errors import UsageError


def plot(
    name: Annotated[str | None, typer.Argument(help="Which figure: zsbench list figures")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="FIGURE.pdf, .svg or .png")] = None,
    space: SpaceOption = None,
    dataset: DatasetOption = None,
    proxy: ProxyOption = None,
    target: TargetOption = None,
    regime: Annotated[str, typer.Option(help="Which networks it is over, such as 'params<=1M'")] = "all",
    conditions: ConditionsOption = None,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="All conditions that are stored in one figure, labelled")
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Draw one figure: a file to print, to show, to put into a paper.

    Example: zsbench plot forest -o forest.pdf
    """
    from zsbench.figures import FIGURES, find_figure

    names = ", ".join(kind.name for kind in FIGURES)
    if name is None:
        raise UsageError("which figure?", names)
    kind = find_figure(name)
    if output is None:
        raise UsageError("a figure is a file", f"-o {name}.pdf, .svg or .png")
    from zsbench.cli.studies import stored_studies

    studies = stored_studies(space, dataset, proxy, target, regime, conditions, results, mixed=mixed)
    if len(studies) > 1 and not kind.across:
        stored = ", ".join(study.name for study in studies)
        raise UsageError(f"{name} is of one dataset, and several are stored: {stored}", "--space, --dataset")
    from zsbench.figures import draw  # matplotlib takes seconds, and there may be nothing to draw
    from zsbench.figures.drawn import as_file, kind_of

    file_kind = kind_of(output)
    write_file(output, as_file(draw(kind, studies), file_kind))
    note(f"wrote {output}")
