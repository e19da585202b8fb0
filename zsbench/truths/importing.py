"""Import ground truth from a file of any kind that zsbench reads; knows no terminal."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zsbench.errors import UsageError, ZsbenchError, ZsbenchWarning
from zsbench.manifest import sha256_of
from zsbench.spaces.base import Space
from zsbench.truths.columns import TruthColumn
from zsbench.truths.cost_table import read_costs
from zsbench.truths.costs import disagreement
from zsbench.truths.files import OFFICIAL, TABLE, ImportedFile, Origin, imported_files
from zsbench.truths.listed import Contents, Listed
from zsbench.truths.looks import looks_like, refuse_impostors
from zsbench.truths.space import OfficialFile, Progress, SpaceWithTruth
from zsbench.truths.tabular import is_table, parse_wanted, read_table
from zsbench.truths.writing import check_free, write_import


@dataclass(frozen=True)
class TableOptions:
    """How to read a table: `targets` as `TARGET=COLUMN` of `dataset`, or `DATASET:TARGET=COLUMN`."""

    targets: Sequence[str] = ()
    dataset: str | None = None
    arch_column: str | None = None
    scale: float = 1.0
    costs: Sequence[str] = ()
    """As `zsbench.truths.cost_table.parse_cost` reads them, or `all`."""


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
    progress: Progress | None = None,
) -> tuple[ImportedFile, list[TruthColumn]]:
    """Read `file`, store what it holds, and return the columns of truth (those of costs stand in the import).

    `progress` gets how much is done and of how much. Warn (`ZsbenchWarning`) of counts that aren't those of the
    space. Raise `UsageError` for options that don't fit, and `ZsbenchError` for a file that is missing, damaged or not
    what it should be; nothing is stored then.
    """
    if not file.exists():
        raise ZsbenchError(f"there is no file {file}", "zsbench data list says where benchmark files come from")
    official = find_reader(space, file)
    name = storing.name or (official and official.name) or default_name(file)
    check_free(space.name, name, replace=storing.replace)
    refuse_impostors(file)
    if official is None:
        found, kind = _from_table(space, file, table), TABLE
    else:
        if table != TableOptions():
            options = "--target, --cost, --dataset, --arch-column and --scale"
            raise UsageError(f"{options} are for tables: .csv, .csv.gz or .parquet")
        read = official.read(file, progress or (lambda _done, _total: None))
        found, kind = read if isinstance(read, Contents) else Contents(read), OFFICIAL
    if found.listed is not None:
        _check_listed(space, name, found.listed)
    for cost in found.costs:
        if (wrong := disagreement(space, cost.dataset, cost.name, cost.values)) is not None:
            warnings.warn(f"{file.name}: {wrong}; zsbench uses its own", ZsbenchWarning, stacklevel=2)
    origin = _origin(file, kind)
    imported = write_import(space.name, name, origin, found.columns, found.listed, found.costs, replace=storing.replace)
    return imported, list(found.columns)


def _check_listed(space: Space, name: str, listed: Listed) -> None:
    """Raise `ZsbenchError` if other imports of the space are in the order of another list of architectures."""
    others = [imported for imported in imported_files(space.name) if imported.name != name]
    same = len(space) == len(listed.archs) and all(space.arch(i) == arch for i, arch in enumerate(listed.archs))
    if others and not same:
        raise ZsbenchError(
            f"this file lists other architectures than {space.name} has, to which "
            f"{', '.join(imported.name for imported in others)} belongs",
            f"remove those imports first: {others[0].path.parent}",
        )


def find_reader(space: Space, file: Path) -> OfficialFile | None:
    """Return which official file of the space this is by its name, None for a table.

    Raise `ZsbenchError` that says what the file looks like and what the space reads if it is neither.
    """
    known = space.official_files() if isinstance(space, SpaceWithTruth) else ()
    for official in known:
        if official.fits(file):
            return official
    if is_table(file):
        return None
    reads = "; ".join(["tables (.csv, .csv.gz, .parquet)", *(f"{k.what} ({', '.join(k.patterns)})" for k in known)])
    raise ZsbenchError(
        f"cannot tell what {file.name} is: it looks like {looks_like(file)}", f"{space.name} reads {reads}"
    )


def default_name(file: Path) -> str:
    """Return the name an import gets from its file: without suffixes such as .csv.gz."""
    return re.sub(rf"({'|'.join(map(re.escape, _SUFFIXES))})+$", "", file.name, flags=re.IGNORECASE)


_SUFFIXES = (
    *(".gz", ".bz2", ".pbz2", ".zip", ".tar"),
    *(".csv", ".parquet", ".pq", ".pth", ".pickle", ".pkl", ".json", ".tfrecord"),
)


def _origin(file: Path, kind: str) -> Origin:
    """Return where the columns come from; a folder counts as its files, in order of their paths."""
    if file.is_file():
        return Origin(file.name, sha256_of(file), file.stat().st_size, kind)
    files = sorted(path for path in file.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(file).as_posix()} {sha256_of(path)}\n".encode())
    return Origin(file.name, digest.hexdigest(), sum(path.stat().st_size for path in files), kind)


def _from_table(space: Space, file: Path, options: TableOptions) -> Contents:
    if isinstance(space, SpaceWithTruth):
        space.check_present()
    if not options.targets and not options.costs:
        raise UsageError(
            "a table needs at least one --target or --cost",
            "such as --dataset cifar10 --target test=COLUMN, or --cost all",
        )
    wanted = [parse_wanted(text, space, options.dataset) for text in options.targets]
    columns = read_table(file, space, wanted, options.arch_column, options.scale) if wanted else []
    costs = read_costs(file, space, options.costs, options.dataset, options.arch_column) if options.costs else []
    return Contents(columns, costs=costs)
