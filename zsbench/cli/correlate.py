"""`zsbench correlate`: rank correlations and top-k statistics of everything stored; only reads, never imports torch."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.options import (
    DatasetOption,
    FormatOption,
    OutputOption,
    ProxyOption,
    ResultsOption,
    SpaceOption,
    TargetOption,
)
from zsbench.cli.output import emit_all, note, wants_people_view, warn
from zsbench.errors import NothingToReportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zsbench.registry import Proxy
    from zsbench.store import Scores
    from zsbench.tables.table import Table


def correlate(
    space: SpaceOption = None,
    dataset: DatasetOption = None,
    proxy: ProxyOption = None,
    target: TargetOption = None,
    regime: Annotated[
        list[str] | None,
        typer.Option(
            help="all, unique, valid, top5%, top1%,5%,10%, params<=1M, flops:q25..q50, latency:raspi4<=20ms, "
            "ops:none=0, family:ResNet; joined by &; repeatable [default: all]"
        ),
    ] = None,
    stat: Annotated[
        list[str] | None,
        typer.Option(
            help="kendall, spearman, p@5%, bestrank@10, regret@10 [default: these]; tau-a, tau-c, weighted-tau, "
            "pearson, partial:params, hitrate@K, ndcg@K, kendall@K, K networks or a share; repeatable or joined by ,"
        ),
    ] = None,
    ci: Annotated[bool, typer.Option("--ci/--no-ci", help="Standard errors and 95 % intervals")] = True,
    against: Annotated[
        str | None, typer.Option(help="Proxy to compare all others with, such as params: difference, p-value")
    ] = None,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(help="Rank by several proxies at once: borda:, log-rank: or vote:PROXY,PROXY...; repeatable"),
    ] = None,
    with_cost: Annotated[
        bool, typer.Option("--with-cost", help="Milliseconds a network, and which proxies are worth theirs")
    ] = False,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="All conditions that are stored in one table, labelled, not one table each")
    ] = False,
    share: Annotated[
        bool, typer.Option("--share", help="Count all networks that equal a scored one: they share its score")
    ] = False,
    ceiling: Annotated[
        bool | None,
        typer.Option(
            "--ceiling/--no-ceiling",
            help="What a perfect proxy would reach, given the noise of the truth [default: where people read]",
        ),
    ] = None,
    matrix: Annotated[bool, typer.Option("--matrix", help="Instead: tau-b between every two proxies")] = False,
    bias: Annotated[
        bool, typer.Option("--bias", help="Instead: tau-b of proxies with size, depth and counts of operations")
    ] = False,
    seeds: Annotated[
        bool, typer.Option("--over-seeds", help="Instead: means and spreads over the seeds that are stored")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(
            help="Instead: choose the best proxies to aggregate, cross-validated: borda:3, log-rank:3; repeatable"
        ),
    ] = None,
    sort: Annotated[str, typer.Option(help="A statistic shown, or proxy [default: the first statistic]")] = "",
    format: FormatOption = None,
    output: OutputOption = None,
    results: ResultsOption = None,
) -> None:
    """Correlate everything stored with accuracy.

    tau-b, rho, P@k, best rank and regret at k, of every proxy, for one table a set of scores and regime.
    """
    from zsbench.api import BOOTSTRAPS, aggregates, answer, find_dataset, find_proxy, statistics
    from zsbench.cli.correlate_views import View, only, over_seeds, show
    from zsbench.registry import find_space, proxies, select_proxies
    from zsbench.stats import DEFAULT, parse_regimes
    from zsbench.store import read_scores
    from zsbench.store.shipped import place_to_read
    from zsbench.tables.correlations import Question
    from zsbench.tables.foreign import foreign_proxies
    from zsbench.tables.selection import parse_choice

    view = only(matrix=matrix, bias=bias, over_seeds=seeds, select=bool(select), mixed=mixed, share=share)
    choices = [parse_choice(text) for text in select or ()]
    space = find_space(space).name if space is not None else None
    dataset = find_dataset(space, dataset) if dataset is not None else None
    versions = {name: known.version for name, known in proxies().items()}
    place = place_to_read(results)
    stored = read_scores(place, space=space, dataset=dataset, versions=versions)
    theirs = foreign_proxies(stored.sets, proxies()) if proxy or view is not View.SELECT else {}
    chosen = [*select_proxies(proxy or ["all"], theirs), *aggregates(aggregate or ())]
    regimes = [found for text in regime or ["all"] for found in parse_regimes(text)]
    people = wants_people_view(format, output)
    question = Question(
        tuple(statistics(stat or DEFAULT)),
        tuple(chosen),
        sort.lower(),
        find_proxy(against, theirs) if against is not None else None,
        BOOTSTRAPS if ci and view is View.RANKING else 0,
        people and view is View.RANKING if ceiling is None else ceiling,
        with_cost,
    )
    _report(stored)
    if view is View.OVER_SEEDS and stored.sets:
        emit_all(_of(place, over_seeds(stored.sets, target, regimes, question)), format, output)
        return
    answers = answer(stored.sets, target, regimes, question, mixed=mixed, share=share)
    for text in answers.empty:
        warn(text)
    if not answers.found:
        raise _nothing(chosen if proxy else [], space, dataset, results)
    if any(one.label for one in answers.found):
        note("scores under several conditions are stored: one table each (--mixed makes it one, labelled)")
    tables = show(answers.found, view, choices, people=people, intervals=ci, at_top=bool(stat))
    emit_all(_of(place, tables), format, output)


def _of(place: Path, tables: Sequence[Table]) -> list[Table]:
    """Say in the captions where scores are from that are not the user's own."""
    from dataclasses import replace

    from zsbench.store.shipped import said_of

    text = said_of(place)
    return [replace(table, captions=(text, *table.captions)) if text else table for table in tables]


def _report(stored: Scores) -> None:
    for problem in stored.problems:
        warn(str(problem))
    for name, count in stored.stale.items():
        warn(f"{count} scores of {name} belong to another version of its definition and are left out: score it again")


def _nothing(named: list[Proxy], space: str | None, dataset: str | None, results: Path | None) -> NothingToReportError:
    """Return the error that names the command which brings the scores asked for (of the proxies `named`, if any)."""
    from zsbench.paths import results_folder
    from zsbench.store.files import place_of_scores
    from zsbench.store.shipped import covered_by, place_to_read
    from zsbench.tables.foreign import AT

    needed = sorted({name for one in named for name in (one.of or (one.name,)) if AT not in name})
    which = f" of {', '.join(needed)}" if needed else ""
    where = f" for {' '.join(text for text in (space, dataset) if text)}" if space or dataset else ""
    command = f"zsbench score --space {space or 'nb201'} --dataset {dataset or 'cifar10'} --sample 150"
    command += "".join(f" --proxy {name}" for name in needed)
    if results and not results.is_file():
        command += f" --results {shlex.quote(str(results))}"
    shipped = covered_by(place_to_read(results))
    own = place_of_scores(results_folder(results))
    but = f", and those that come with zsbench are of {shipped}" if shipped else ""
    return NothingToReportError(f"no scores{which}{where} are stored in {own}{but}", f"run: {command}")
