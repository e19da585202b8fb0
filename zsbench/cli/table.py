"""`zsbench table`: a named table, published beside measured; only reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.options import FormatOption, OutputOption
from zsbench.cli.output import emit, warn

if TYPE_CHECKING:
    from zsbench.spaces.base import Space, Truth
    from zsbench.tables.comparison import Layout
    from zsbench.tables.correlations import Correlations
    from zsbench.tables.measured import Measured


def table(
    name: Annotated[str, typer.Argument(help="A name of `zsbench list tables`.")],
    results: Annotated[Path | None, typer.Option(help="Results folder.")] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Print a named table: published values beside ours."""
    from zsbench.registry import find_space, proxies
    from zsbench.tables.comparison import comparison, load_layout

    layout = load_layout(name)
    space = find_space(layout.space)
    truth = _truth(space, layout)
    scored = _scored(layout, results)
    measured = _measured(scored, space, truth, layout) if truth and scored else {}
    emit(comparison(layout, proxies(), measured, _captions(layout, truth, scored)), format, output)


def _truth(space: Space, layout: Layout) -> Truth | None:
    if layout.target in space.targets(layout.dataset):
        return space.truth(layout.dataset, layout.target)
    warn(
        f"{space.name} {layout.dataset} {layout.target} is not installed, so nothing is measured here: "
        "zsbench data list says where it comes from"
    )
    return None


def _scored(layout: Layout, results: Path | None) -> Measured | None:
    """Return the scores of the layout's protocol that cover most networks."""
    from zsbench.cli.stored import current_versions, folder_of_scores, say_what_is_left_out
    from zsbench.registry import proxies
    from zsbench.store import read_scores
    from zsbench.tables.measured import measured

    stored = read_scores(
        folder_of_scores(results), space=layout.space, dataset=layout.dataset, versions=current_versions()
    )
    say_what_is_left_out(stored)
    sets = [one for one in stored.sets if one.conditions.protocol == layout.protocol]
    found = measured(sets, proxies())
    if not found:
        warn(f"nothing scored yet: zsbench score --space {layout.space} --dataset {layout.dataset}")
        return None
    return max(found, key=lambda one: len(one.index))


def _measured(scored: Measured, space: Space, truth: Truth, layout: Layout) -> dict[str, Correlations]:
    from zsbench.errors import NothingToReportError
    from zsbench.registry import proxies
    from zsbench.stats import parse_regimes, parse_statistic
    from zsbench.tables.correlations import Question, correlations

    question = Question(tuple(parse_statistic(s) for s in layout.statistics), tuple(proxies().values()), "proxy")
    found = {}
    for population in layout.populations:
        (regime,) = parse_regimes(population.regime)
        try:
            found[population.regime] = correlations(scored, space, truth, regime, question)
        except NothingToReportError as error:
            warn(error.message)
    return found


def _captions(layout: Layout, truth: Truth | None, scored: Measured | None) -> list[str]:
    captions = []
    if truth:
        captions.append(f"Target {truth.target}: {truth.source}.")
    if scored:
        conditions = {c.describe(): None for column in scored.scores for c in column.conditions}
        captions.append(f"{len(scored.index):,} networks scored. Conditions: {'; '.join(conditions)}.")
    captions.append(f"Made by: zsbench table {layout.name}.")
    return captions
