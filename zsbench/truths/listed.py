"""Architectures that only an official file knows: stored in the same HDF5 file as the accuracies read from it.

Layout: a group `ARCHITECTURES` with `names` (the texts joined by newlines, UTF-8 bytes), a dataset (n,) int64 a count,
and the attribute `sha256` of all of them. The order is the file's, and with it the space's index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zsbench.errors import ZsbenchError
from zsbench.spaces.base import Ints

if TYPE_CHECKING:
    import h5py

    from zsbench.truths.columns import TruthColumn
    from zsbench.truths.costs import CostColumn

ARCHITECTURES = "architectures"


@dataclass(frozen=True, eq=False)
class Listed:
    """The architectures of a file, in its order, and what it or we count of each: name -> (n,)."""

    archs: tuple[str, ...]
    counts: Mapping[str, Ints] = field(default_factory=dict)

    def sha256(self) -> str:
        """Return the digest of everything listed."""
        digest = hashlib.sha256("\n".join(self.archs).encode())
        for name in sorted(self.counts):
            digest.update(name.encode() + np.ascontiguousarray(self.counts[name], dtype="<i8").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Contents:
    """What an official file holds besides accuracies, or in place of them."""

    columns: Sequence[TruthColumn] = ()
    listed: Listed | None = None
    """The space's architectures, where only the file knows them."""
    costs: Sequence[CostColumn] = ()


def write_listed(file: h5py.File, listed: Listed) -> None:
    """Store architectures in an open file."""
    group = file.create_group(ARCHITECTURES)
    group.attrs["sha256"] = listed.sha256()
    names = np.frombuffer("\n".join(listed.archs).encode(), dtype=np.uint8)
    group.create_dataset("names", data=names, compression="gzip")
    for name, counts in listed.counts.items():
        group.create_dataset(name, data=np.asarray(counts, dtype=np.int64), compression="gzip", shuffle=True)


def read_listed(file: h5py.File, path: Path) -> Listed | None:
    """Return the architectures in an open file, None if it lists none; raise `ZsbenchError` if they are altered."""
    if ARCHITECTURES not in file:
        return None
    group = file[ARCHITECTURES]
    archs = tuple(group["names"][...].tobytes().decode().split("\n"))
    listed = Listed(archs, {name: data[...] for name, data in group.items() if name != "names"})
    stored, found = str(group.attrs["sha256"]), listed.sha256()
    if found != stored:
        raise ZsbenchError(
            f"{path} is altered: its architectures have sha256 {found}, but were written with {stored}",
            "import it again with --replace",
        )
    return listed
