"""`zsbench scores`: look at the store, check it, compact it, take scores out and in."""

from __future__ import annotations

import fnmatch
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.options import FormatOption, OutputOption
from zsbench.cli.output import emit, note, warn
from zsbench.cli.stored import (
    current_versions,
    folder_of_scores,
    nothing_stored,
    own_scores,
    say_what_is_left_out,
    stored_scores,
)
from zsbench.errors import DifferenceFoundError, NothingToReportError, UsageError, unknown_name
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zsbench.store import Problem, Scores
    from zsbench.store.maintain import SetSize

app = typer.Typer(help="Look after the store of scores.", no_args_is_help=True)

ResultsOption = Annotated[Path | None, typer.Option("--results", help="Results folder (default: see `zsbench env`).")]
SpaceOption = Annotated[str | None, typer.Option("--space", help="Only this space.")]
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Only this dataset.")]
ProxyOption = Annotated[list[str] | None, typer.Option("--proxy", help="Only these: a name or wildcard; repeatable.")]
ConditionsOption = Annotated[str | None, typer.Option("--conditions", help="Only this id of `zsbench scores ls`.")]

_LS = (
    Column("name", human=False),
    *(Column(name) for name in ("space", "dataset", "conditions", "protocol", "seed", "input")),
    *(Column(name) for name in ("networks", "proxies", "failed", "stale", "files", "size")),
)


@app.command("ls")
def list_sets(results: ResultsOption = None, format: FormatOption = None, output: OutputOption = None) -> None:
    """List what is stored: one row a space, dataset and set of conditions."""
    from zsbench.store.maintain import sizes
    from zsbench.store.reader import combine, load_folder

    folder = own_scores(results)
    files, problems = load_folder(folder)
    scores = combine(files, problems, current_versions())
    say_what_is_left_out(scores)
    if not scores.sets:
        raise nothing_stored(folder)
    captions = (
        f"{folder}",
        "failed: scores without a number, unsupported ones apart; size in bytes, by share of files",
    )
    emit(Table("Stored scores", _LS, tuple(map(_row, sizes(files, scores.sets))), captions), format, output)


def _row(sized: SetSize) -> tuple[Cell, ...]:
    s, c = sized.scores, sized.scores.conditions
    what = (s.name, s.space, s.dataset, c.id, c.protocol, c.seed, c.input)
    failed = sum(column.failed for column in s.columns.values())
    return (*what, len(s.index), len(s.columns), failed, sum(s.stale.values()), sized.files, sized.size)


@app.command()
def verify(results: ResultsOption = None, format: FormatOption = None, output: OutputOption = None) -> None:
    """Check every file: checksum, schema, values against statuses, archs against their space; exit 4 on a problem."""
    from zsbench.store import Problem, read_scores
    from zsbench.store import verify as verify_folder
    from zsbench.store.archs import foreign_archs

    folder = own_scores(results)
    report = verify_folder(folder)
    if not report.files:
        raise nothing_stored(folder)
    foreign = [Problem(folder, text) for s in read_scores(folder).sets for text in foreign_archs(s)]
    problems = [*report.problems, *foreign]
    rows: tuple[tuple[Cell, ...], ...] = tuple((p.path.name, str(p.path), p.message) for p in problems)
    if rows or format is not None:
        columns = (Column("name"), Column("path", human=False), Column("problem"))
        emit(Table("Problems in the store", columns, rows), format, output)
    note(f"verified {report.files} files, {report.scores:,} scores, {len(problems)} problems")
    if problems:
        raise DifferenceFoundError(
            f"{len(problems)} problems in {folder}", "delete what is damaged, then `zsbench score` fills the gaps"
        )


@app.command()
def merge(
    results: ResultsOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write them into this .h5 as well as leave them: to pass on.")
    ] = None,
) -> None:
    """Compact all files that can be read into one; safe at any moment, also beside a running `zsbench score`."""
    from zsbench.store import gather
    from zsbench.store import merge as merge_folder

    folder = own_scores(results) if output is not None else folder_of_scores(results)
    if output is not None and output.suffix != ".h5":
        raise UsageError(f"{output.name} is no name of a score file", "-o scores.h5")
    report = merge_folder(folder) if output is None else gather(folder, output)
    _warn_kept(report.kept)
    if not report.scores and not report.kept:
        raise nothing_stored(folder)
    if output is not None:
        note(f"wrote {report.scores:,} scores of {report.files} files to {output}")
        return
    left = f", removed {report.leftovers} leftovers of killed runs" if report.leftovers else ""
    if report.path is None:
        note(f"nothing to merge: {report.scores:,} scores lie in one file{left}")
    else:
        note(f"merged {report.files} files into {report.path.name}: {report.scores:,} scores{left}")


@app.command()
def export(
    results: ResultsOption = None,
    space: SpaceOption = None,
    dataset: DatasetOption = None,
    proxy: ProxyOption = None,
    conditions: ConditionsOption = None,
    wide: Annotated[bool, typer.Option("--wide", help="One row a network, one column a proxy.")] = False,
    portable: Annotated[
        bool, typer.Option("--portable", help="Add version, reason and conditions in full, to import elsewhere.")
    ] = False,
    format: Annotated[
        str | None, typer.Option("--format", help="tsv (default), csv, json, parquet, or suite-zero (NASLib's JSON).")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="With --format suite-zero: the truth to write as val_accuracy.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Write the long form: space, dataset, index, arch, proxy, score, status, seconds, conditions."""
    from zsbench.cli.scores_export import content, kind_asked_for
    from zsbench.store.files import write_whole

    form = kind_asked_for(format, output, wide=wide, portable=portable, target=target)
    scores = _only(stored_scores(results, space=space, dataset=dataset), proxy, conditions)
    data, rows = content(scores, form, wide=wide, portable=portable, target=target)
    if output is None:
        sys.stdout.write(data.decode())
        sys.stdout.flush()
    else:
        write_whole(output, data)
    note(f"exported {rows:,} rows{f' to {output}' if output else ''}")


def _only(scores: Scores, patterns: Sequence[str] | None, conditions: str | None) -> Scores:
    names = _matching(scores, patterns)
    sets = [
        replace(s, columns={name: column for name, column in s.columns.items() if name in names})
        for s in scores.sets
        if conditions in (None, s.conditions.id)
    ]
    if not any(s.columns for s in sets):
        raise NothingToReportError("nothing stored fits", "see `zsbench scores ls`")
    return replace(scores, sets=tuple(s for s in sets if s.columns))


def _matching(scores: Scores, patterns: Sequence[str] | None) -> set[str]:
    stored = {name for s in scores.sets for name in (*s.columns, *s.stale)}
    if patterns is None:
        return stored
    chosen: set[str] = set()
    for pattern in patterns:
        found = set(fnmatch.filter(stored, "*" if pattern == "all" else pattern))
        if not found:
            raise unknown_name("stored proxy", pattern, stored)
        chosen |= found
    return chosen


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="What `scores merge -o` writes (.h5); the long form as .csv, .tsv, .json or .parquet; "
            "NAS-Bench-Suite-Zero's zc_*.json; pickles of "
            "zero-cost-nas; or, with --source, any table of scores, long or wide."
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="Another project's name: its scores are stored as PROXY@SOURCE, beside ours.")
    ] = None,
    space: Annotated[str | None, typer.Option(help="Their space, where the file doesn't say.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Their dataset, where the file doesn't say.")] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Only this proxy, or NAME=COLUMN of a wide table; repeatable."),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Store scores from another machine or another project: all rows of the file, or none.

    zsbench scores import scores.parquet

    zsbench scores import zc_nasbench201.json

    zsbench scores import theirs.csv --source suite-zero --space nb201 --dataset cifar10
    """
    from zsbench import provenance
    from zsbench.cli.scores_foreign import import_foreign, is_foreign
    from zsbench.store import read_scores
    from zsbench.store.archs import in_own_notation
    from zsbench.store.exchange import import_frame
    from zsbench.store.tabular import read_frame
    from zsbench.truths.looks import refuse_impostors

    folder = folder_of_scores(results)
    refuse_impostors(file)
    if is_foreign(file, source):
        import_foreign(file, folder, source=source, space=space, dataset=dataset, proxy=proxy)
        return
    if space or dataset or proxy:
        raise UsageError("--space, --dataset and --proxy are for files of other projects", "name theirs with --source")
    if file.suffix == ".h5":
        _adopt(file, folder)
        return
    frame = in_own_notation(read_frame(file))
    versions = current_versions()
    known = {s.conditions.id: s.conditions for s in read_scores(folder).sets}
    report = import_frame(folder, frame, provenance.collect(device=""), known=known, versions=versions)
    if report.assumed_version:
        warn("the file names no versions: its scores count as made by today's definitions")
    if strange := [name for name in report.proxies if name not in versions and "@" not in name]:
        note(f"not known as proxies here, stored all the same: {', '.join(strange)}")
    note(f"imported {report.scores:,} scores of {len(report.proxies)} proxies into {report.path.name}")


def _adopt(file: Path, folder: Path) -> None:
    from zsbench.store import gather, read_score_file
    from zsbench.store.files import ensure_writable, new_path

    if not read_score_file(file).sets:
        raise NothingToReportError(f"{file} holds no scores", "zsbench scores merge -o FILE.h5 writes one that does")
    ensure_writable(folder)
    report = gather(file, new_path(folder, "import"))
    _warn_kept(report.kept)
    note(f"imported {report.scores:,} scores")


@app.command("rm")
def remove(
    results: ResultsOption = None,
    space: SpaceOption = None,
    dataset: DatasetOption = None,
    proxy: ProxyOption = None,
    conditions: ConditionsOption = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only those whose proxy's definition has changed since.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this only say what would go.")] = False,
) -> None:
    """Remove every score that fits all options given."""
    from zsbench.store import Selection, read_scores
    from zsbench.store import remove as remove_scores

    if not (space or dataset or proxy or conditions or stale):
        raise UsageError("say what to remove", "--space, --dataset, --proxy, --conditions or --stale")
    folder = folder_of_scores(results)
    names = _matching(read_scores(folder), proxy) if proxy else None
    selection = Selection(space, dataset, conditions, names, current_versions() if stale else None)
    report = remove_scores(folder, selection, dry_run=not yes)
    _warn_kept(report.kept)
    if not report.scores:
        raise NothingToReportError("nothing stored fits", "see `zsbench scores ls`")
    if not yes:
        raise UsageError(f"this would remove {report.scores:,} scores from {report.files} files", "add --yes")
    note(f"removed {report.scores:,} scores from {report.files} files")


def _warn_kept(problems: Iterable[Problem]) -> None:
    for problem in problems:
        warn(f"{problem} (left as it is)")
