"""`zsbench report`: one offline page of everything stored, for people to pass on; only reads, never imports torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.options import (
    ConditionsOption,
    DatasetOption,
    OutputOption,
    ProxyOption,
    ResultsOption,
    SpaceOption,
    TargetOption,
)
from zsbench.cli.output import note, write_file
from zsbench.errors import UsageError

if TYPE_CHECKING:
    from zsbench.figures.study import Study
    from zsbench.provenance import Provenance
    from zsbench.store import ScoreSet
    from zsbench.tables.sources import Sources


def report(
    space: SpaceOption = None,
    dataset: DatasetOption = None,
    proxy: ProxyOption = None,
    target: TargetOption = None,
    regime: Annotated[str, typer.Option(help="Which networks everything is over, such as 'params<=1M'")] = "all",
    conditions: ConditionsOption = None,
    results: ResultsOption = None,
    output: OutputOption = None,
) -> None:
    """Make one offline page of everything stored: findings, figures, tables, provenance.

    The file needs nothing else: open it in a browser, print it, send it on. Example: zsbench report -o report.html
    """
    from zsbench.cli.studies import stored_studies
    from zsbench.provenance import collect

    if output is None and sys.stdout.isatty():
        raise UsageError("a page is not for a terminal", "-o report.html")
    studies = stored_studies(space, dataset, proxy, target, regime, conditions, results)
    from zsbench.report.commands import Commands  # only now: matplotlib takes seconds, and there may be nothing to draw
    from zsbench.report.page import Making, page

    own = collect(device="")
    shown = str(results) if results else ""
    commands = Commands(own.command, tuple(proxy or ()), target or "", conditions or "", shown)
    made = page(studies, _sources(studies, results), Making(commands, _dated(own), _runs(studies, results))).encode()
    if output is None:
        sys.stdout.buffer.write(made)
        sys.stdout.flush()
    else:
        write_file(output, made)
        note(f"wrote {output}")


def _dated(own: Provenance) -> Provenance:
    """Return the same, made when SOURCE_DATE_EPOCH says, so that pages of the same scores can be the same file."""
    from dataclasses import replace

    if not (moment := os.environ.get("SOURCE_DATE_EPOCH")):
        return own
    try:
        started = datetime.fromtimestamp(int(moment), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH = {moment} is no moment", "seconds since 1970") from error
    return replace(own, started=started.isoformat())


def _sources(studies: Sequence[Study], results: Path | None) -> Sources:
    """Return what the tables of published values read: the scores that the studies are about, and no others."""
    from zsbench.cli.stored import current_versions
    from zsbench.registry import proxies, spaces
    from zsbench.store import read_scores
    from zsbench.store.shipped import place_to_read
    from zsbench.tables.sources import Sources

    ids, place, versions = _ids(studies), place_to_read(results), current_versions()

    def of_studies(space: str, dataset: str) -> Sequence[ScoreSet]:
        known = ids.get((space, dataset), set())
        if not known:
            return ()
        stored = read_scores(place, space=space, dataset=dataset, versions=versions)  # its problems have been said
        return [one for one in stored.sets if one.conditions.id in known]

    conditions = [one for study in studies for column in study.measured.scores for one in column.conditions]
    protocols = {one.protocol for one in conditions if not one.are_theirs}
    return Sources(spaces(), proxies(), of_studies, protocol=protocols.pop() if len(protocols) == 1 else "")


def _ids(studies: Sequence[Study]) -> dict[tuple[str, str], set[str]]:
    """Return by space and dataset the ids of the conditions that its study is of."""
    return {
        (study.space.name, study.measured.dataset): {
            one.id for column in study.measured.scores for one in column.conditions
        }
        for study in studies
    }


def _runs(studies: Sequence[Study], results: Path | None) -> list[Provenance]:
    """Return the runs that stored these scores."""
    from zsbench.store.reader import load_folder
    from zsbench.store.shipped import place_to_read

    ids = _ids(studies)
    files, _ = load_folder(place_to_read(results))  # what cannot be read has been said
    return [
        run
        for file in files
        if any(one.conditions.id in ids.get((one.space, one.dataset), ()) for one in file.content.sets)
        for run in file.content.provenance
    ]
