"""Imports are written whole or not at all; `zsbench.truths.files` says how they are laid out, and reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import UsageError, ZsbenchError
from zsbench.paths import data_folder, replacing
from zsbench.truths.columns import TruthColumn
from zsbench.truths.costs import COSTS, CostColumn
from zsbench.truths.files import NAME, SCHEMA, ImportedFile, Origin, digest
from zsbench.truths.listed import Listed, write_listed

if TYPE_CHECKING:
    import h5py


def write_import(
    space: str,
    name: str,
    origin: Origin,
    columns: Sequence[TruthColumn],
    listed: Listed | None = None,
    costs: Sequence[CostColumn] = (),
    *,
    replace: bool = False,
) -> ImportedFile:
    """Store an import, with the architectures that its file lists and what they cost; entirely or not at all.

    Raise `UsageError` for a name that can't be one, or is taken (unless `replace`), and `ZsbenchError` if the data
    folder can't be written.
    """
    path = check_free(space, name, replace=replace)
    imported = datetime.now(UTC).isoformat(timespec="microseconds")
    header = ImportedFile(
        name,
        space,
        path,
        imported,
        origin,
        tuple((c.dataset, c.target, c.what) for c in columns),
        tuple((c.dataset, c.name, c.what) for c in costs),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside:
            _write(aside, header, columns, listed, costs)
    except OSError as error:
        raise ZsbenchError(
            f"cannot write {path}: {error.strerror or error}", "ZSBENCH_DATA names another folder"
        ) from error
    return header


def check_free(space: str, name: str, *, replace: bool = False) -> Path:
    """Return where an import of this name goes; raise `UsageError` if it can't be a name, or is taken."""
    if not re.fullmatch(NAME, name):
        raise UsageError(f"{name!r} can't name an import", "use letters, digits and _ . + -; give one with --name")
    path = data_folder() / space / f"{name}.h5"
    if path.exists() and not replace:
        raise UsageError(f"{space} already has an import called {name}", "choose another --name, or pass --replace")
    return path


def _write(
    path: Path,
    header: ImportedFile,
    columns: Sequence[TruthColumn],
    listed: Listed | None,
    costs: Sequence[CostColumn],
) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        origin = header.origin
        file.attrs.update(schema=SCHEMA, space=header.space, name=header.name, imported=header.imported)
        file.attrs.update(file=origin.file, file_sha256=origin.sha256, file_size=origin.size, format=origin.format)
        file.attrs["size"] = len(columns[0].values if columns else costs[0].values)
        if listed is not None:
            write_listed(file, listed)
        for column in columns:
            _write_column(file.create_group(f"{column.dataset}/{column.target}"), column, column.seeds)
        for cost in costs:
            _write_column(file.create_group(f"{COSTS}/{cost.dataset}/{cost.name}"), cost)


def _write_column(
    group: h5py.Group, column: TruthColumn | CostColumn, seeds: NDArray[np.float64] | None = None
) -> None:
    group.attrs.update(what=column.what, sha256=digest(column.values, seeds))
    group.create_dataset("values", data=column.values, compression="gzip", shuffle=True)
    if seeds is not None:
        group.create_dataset("seeds", data=seeds, compression="gzip", shuffle=True)
