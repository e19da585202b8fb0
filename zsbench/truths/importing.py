"""Import ground truth from a file of any kind that zsbench reads; knows no terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zsbench.errors import UsageError, ZsbenchError
from zsbench.manifest import sha256_of
from zsbench.spaces.base import Space
from zsbench.truths.files import OFFICIAL, TABLE, ImportedFile, Origin, TruthColumn, check_free, write_import
from zsbench.truths.lookup import ReadsOfficialFile
from zsbench.truths.tabular import is_table, parse_wanted, read_table


@dataclass(frozen=True)
class TableOptions:
    """How to read a table: `targets` as `TARGET=COLUMN` of `dataset`, or `DATASET:TARGET=COLUMN`."""

    targets: Sequence[str] = ()
    dataset: str | None = None
    arch_column: str | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class Storing:
    """Under which name an import is stored (default: the file's, without suffixes), and whether it may replace one."""

    name: str | None = None
    replace: bool = False


def import_file(
    space: Space,
    file: Path,
    table: TableOptions = TableOptions(),
    *,
    storing: Storing = Storing(),
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ImportedFile, list[TruthColumn]]:
    """Read `file` and store what it holds.

    `progress` gets the number of architectures done and their total. Raise `UsageError` for options that don't fit,
    and `ZsbenchError` for a file that is missing, damaged or not what it should be; nothing is stored then.
    """
    if not file.is_file():
        raise ZsbenchError(f"there is no file {file}", "zsbench data list says where benchmark files come from")
    name = storing.name or default_name(file)
    check_free(space.name, name, replace=storing.replace)
    if is_table(file):
        columns, kind = _from_table(space, file, table), TABLE
    else:
        columns, kind = _from_official(space, file, table, progress), OFFICIAL
    origin = Origin(file.name, sha256_of(file), file.stat().st_size, kind)
    return write_import(space.name, name, origin, columns, replace=storing.replace), columns


def default_name(file: Path) -> str:
    """Return the name an import gets from its file: without suffixes such as .csv.gz."""
    stem = file.name
    for suffix in (".gz", ".csv", ".parquet", ".pq", ".pth"):
        stem = stem.removesuffix(suffix)
    return stem


def _from_table(space: Space, file: Path, options: TableOptions) -> list[TruthColumn]:
    if not options.targets:
        raise UsageError("a table needs at least one --target", "such as --dataset cifar10 --target test=COLUMN")
    wanted = [parse_wanted(text, space, options.dataset) for text in options.targets]
    return read_table(file, space, wanted, options.arch_column, options.scale)


def _from_official(
    space: Space, file: Path, options: TableOptions, progress: Callable[[int, int], None] | None
) -> list[TruthColumn]:
    if file.suffix != ".pth" or not isinstance(space, ReadsOfficialFile):
        raise UsageError(
            f"cannot tell what {file.name} is", "tables end in .csv, .csv.gz or .parquet, the official file in .pth"
        )
    if options != TableOptions():
        raise UsageError("--target, --dataset, --arch-column and --scale are for tables: .csv, .csv.gz or .parquet")
    return space.read_official(file, progress or (lambda _done, _total: None))
