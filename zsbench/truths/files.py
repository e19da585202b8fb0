"""Imported truth on disk: one compact HDF5 file an import, `<data folder>/<space>/<name>.h5`, written whole or not.

Layout: attributes `schema`, `space`, `name`, `imported` (UTC), `file`, `file_sha256`, `file_size`, `format`, `size`;
a group `<dataset>/<target>` a column, with `values` (n,) float64 in per cent, NaN where unknown, `seeds` (n, runs)
where runs are known, and the attributes `what` and `sha256` (of both arrays). Where the file lists the space's
architectures, they are stored with it: see `zsbench.truths.listed`. What networks cost, if the file tells, are such
columns too, in groups `costs/<dataset>/<cost>`: see `zsbench.truths.costs`.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.paths import data_folder
from zsbench.spaces.base import Truth
from zsbench.truths.costs import COSTS
from zsbench.truths.listed import ARCHITECTURES, Listed, read_listed

if TYPE_CHECKING:
    import h5py

SCHEMA = 1
TABLE = "table"
OFFICIAL = "official"
"""The `format` of an import: what somebody made of the benchmark, or its own file."""
NAME = r"[A-Za-z0-9][A-Za-z0-9_.+-]*"


@dataclass(frozen=True)
class Origin:
    """The file an import was made from."""

    file: str
    sha256: str
    size: int
    format: str
    """`table`, or `official` for the benchmark's own file."""


@dataclass(frozen=True)
class ImportedFile:
    """The header of a stored import."""

    name: str
    space: str
    path: Path
    imported: str
    """UTC, ISO 8601."""
    origin: Origin
    columns: tuple[tuple[str, str, str], ...]
    """(dataset, target, what) of each column."""
    costs: tuple[tuple[str, str, str], ...] = ()
    """(dataset, cost, what) of each column of costs."""

    def source(self, what: str) -> str:
        """Return the text that stands above every table made with one of the columns."""
        return (
            f"{self.name}: {what} ({self.origin.file}, sha256 {self.origin.sha256[:12]}, imported {self.imported[:10]})"
        )


def digest(values: NDArray[np.float64], seeds: NDArray[np.float64] | None) -> str:
    """Return the sha256 of a column as it is stored."""
    made = hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes())
    if seeds is not None:
        made.update(np.ascontiguousarray(seeds, dtype="<f8").tobytes())
    return made.hexdigest()


def import_paths(space: str) -> list[Path]:
    """Return the files of all imports of a space, readable or not, by name."""
    return sorted(path for path in (data_folder() / space).glob("*.h5") if not path.name.startswith("."))


def imported_files(space: str) -> list[ImportedFile]:
    """Return the readable imports of a space, earliest first; warn (`ZsbenchWarning`) of each that is damaged."""
    found = []
    for path in import_paths(space):
        try:
            found.append(read_header(path))
        except ZsbenchError as error:
            warnings.warn(f"{error.message}; left out ({error.hint})", ZsbenchWarning, stacklevel=2)
    return sorted(found, key=lambda file: (file.imported, file.name))


def read_header(path: Path) -> ImportedFile:
    """Read what an import is, without its values; raise `ZsbenchError` if it is damaged or from a newer zsbench."""
    with _opened(path) as file:
        attrs = file.attrs
        return ImportedFile(
            name=path.stem,
            space=str(attrs["space"]),
            path=path,
            imported=str(attrs["imported"]),
            origin=Origin(str(attrs["file"]), str(attrs["file_sha256"]), int(attrs["file_size"]), str(attrs["format"])),
            columns=tuple(
                (dataset, *found)
                for dataset in file
                if dataset not in {ARCHITECTURES, COSTS}
                for found in _columns(file[dataset])
            ),
            costs=tuple(
                (dataset, *found) for dataset in file.get(COSTS, ()) for found in _columns(file[COSTS][dataset])
            ),
        )


def _columns(group: h5py.Group) -> list[tuple[str, str]]:
    return [(name, str(column.attrs["what"])) for name, column in group.items()]


def read_truth(imported: ImportedFile, dataset: str, target: str) -> Truth:
    """Read one column; raise `ZsbenchError` if it is missing, or isn't what was written."""
    values, seeds, what = _read_column(imported.path, f"{dataset}/{target}")
    return Truth(target, values, imported.source(what), seeds)


def read_cost(imported: ImportedFile, dataset: str, name: str) -> NDArray[np.float64]:
    """Read (n,) one column of costs; raise `ZsbenchError` if it is missing, or isn't what was written."""
    return _read_column(imported.path, f"{COSTS}/{dataset}/{name}")[0]


def _read_column(path: Path, place: str) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, str]:
    with _opened(path) as file:
        group = file[place]
        values = np.asarray(group["values"][...], dtype=np.float64)
        seeds = np.asarray(group["seeds"][...], dtype=np.float64) if "seeds" in group else None
        what, stored = str(group.attrs["what"]), str(group.attrs["sha256"])
    found = digest(values, seeds)
    if found != stored:
        raise ZsbenchError(
            f"{path} is altered: {place} has sha256 {found}, but was written with {stored}",
            "import it again with --replace",
        )
    return values, seeds, what


def read_architectures(path: Path) -> Listed | None:
    """Read the architectures that an import lists, None if it lists none; raise `ZsbenchError` if they are altered."""
    with _opened(path) as file:
        return read_listed(file, path)


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            schema = int(file.attrs["schema"])
            if schema > SCHEMA:
                raise ZsbenchError(
                    f"{path} was written by a newer zsbench (schema {schema}, this one reads {SCHEMA})",
                    "update zsbench, or import the file again",
                )
            yield file
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise ZsbenchError(
            f"{path} is truncated or no truth file: {error}", "import it again with --replace, or delete it"
        ) from error
