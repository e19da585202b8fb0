"""What `zsbench data show` tells: the columns of an import and their meaning, or all about a benchmark file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from zsbench.manifest import BenchmarkFile
    from zsbench.spaces.base import Floats, Space
    from zsbench.truths.files import ImportedFile


def shown(name: str, *, people: bool) -> Table:
    """Return the table of an import, `NAME` or `SPACE:NAME`, or of a file of the manifest.

    Raise `UsageError` if there is none of that name, or several, and `ZsbenchError` if the import is damaged.
    """
    from zsbench.manifest import benchmark_files

    paths = _imports(name)
    files = benchmark_files()
    if len(paths) == 1:
        return _import(paths[0])
    if paths:
        raise UsageError(
            f"{len(paths)} imports are called {name}", f"name the space, as in {paths[0].parent.name}:{paths[0].stem}"
        )
    if name in files:
        return _file(files[name], people=people)
    raise unknown_name("benchmark file or import", name, {*files, *(path.stem for path in _every_import())})


def _every_import() -> list[Path]:
    from zsbench.registry import spaces
    from zsbench.truths.files import import_paths

    return [path for name in spaces() for path in import_paths(name)]


def _imports(name: str) -> list[Path]:
    return [path for path in _every_import() if name in {path.stem, f"{path.parent.name}:{path.stem}"}]


def _import(path: Path) -> Table:
    from zsbench.registry import find_space
    from zsbench.truths.files import read_architectures, read_cost, read_header, read_truth

    imported = read_header(path)
    space = find_space(imported.space)
    rows = [
        _row(space, dataset, target, what, read_truth(imported, dataset, target).values)
        for dataset, target, what in imported.columns
    ]
    rows += [
        _row(space, dataset, name, what, read_cost(imported, dataset, name)) for dataset, name, what in imported.costs
    ]
    header = (
        Column("name"),
        Column("dataset"),
        Column("known"),
        Column("of"),
        Column("lowest", digits=4),
        Column("highest", digits=4),
        Column("known answers"),
        Column("what"),
    )
    listed = read_architectures(path)
    captions = [
        _origin(imported),
        *([f"It lists the {len(listed.archs):,} architectures of {space.name}."] if listed else []),
        "Known answers: values printed elsewhere that the column has (data/known_answers.csv).",
    ]
    return Table(f"{imported.name}, imported into {space.name}", header, tuple(rows), tuple(captions))


def _origin(imported: ImportedFile) -> str:
    origin = imported.origin
    kind = "the benchmark's own file" if origin.format == "official" else "a table"
    return (
        f"From {origin.file}, {kind} of {origin.size:,} bytes, sha256 {origin.sha256}, imported "
        f"{imported.imported[:19]} UTC, stored in {imported.path}."
    )


def _row(space: Space, dataset: str, name: str, what: str, values: Floats) -> tuple[Cell, ...]:
    import numpy as np

    from zsbench.truths.known_answers import answered

    known = values[np.isfinite(values)]
    answers = str(answered(space, dataset, name, values)) or None
    return name, dataset, len(known), len(values), float(known.min()), float(known.max()), answers, what


def _file(file: BenchmarkFile, *, people: bool) -> Table:
    record = {
        "name": file.name,
        "space": file.space,
        "what": file.what,
        "size": f"{file.size:,} bytes" if isinstance(file.size, int) else file.size,
        "sha256": file.sha256,
        "licence": file.licence,
        "cite": file.cite,
        "package": file.package,
        "links": "\n".join(file.urls),
        "page": file.page,
        "place": _place(file),
        "note": file.note,
        "import": ""
        if file.package
        else "\n".join(f"zsbench data import {space} {_place(file)}" for space in file.into),
    }
    if people:
        rows = tuple((key, value) for key, value in record.items() if value)
        return Table(file.name, (Column("field"), Column("value")), rows)
    return Table("", tuple(Column(key) for key in record), (tuple(record.values()),))


def _place(file: BenchmarkFile) -> str:
    try:
        return str(file.location())
    except ZsbenchError as error:
        return error.message
