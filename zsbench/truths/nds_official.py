"""The official NDS files: `DARTS.json` and its like, alone or inside the authors' `data.zip`.

An entry is one training: the network, its parameters and flops as the authors counted them, and the test errors in per
cent after every epoch. The index of an architecture is the position of its entry; a network that was trained twice has
two entries. Every `params` is held against our own count, and some of the networks are built.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from zsbench.errors import UsageError, ZsbenchError
from zsbench.spaces.nds_counts import Counts, count
from zsbench.spaces.nds_stages import StageNet
from zsbench.spaces.nds_table import FILES, NO_SPACES, NdsFile, Net
from zsbench.truths.columns import TruthColumn
from zsbench.truths.json_entries import entries
from zsbench.truths.listed import Contents, Listed
from zsbench.truths.nds_entry import Entry, read_entry
from zsbench.truths.space import Progress

BUILT = 8
"""How many networks an import builds to count their parameters a second time."""


@dataclass
class _Read:
    """What the entries read so far hold."""

    entries: list[Entry] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        return [getattr(entry, name) for entry in self.entries]


def read_nds(path: Path, progress: Progress, *, file: NdsFile, parameters: Callable[[Net], int]) -> Contents:
    """Return the architectures of an official file, and their accuracies after the last epoch and the best one.

    `progress` is called with the bytes read and their total; `parameters` builds a network and counts. Raise
    `ZsbenchError` for a file that is damaged, another one, or holds what is no network of the family.
    """
    _refuse_another(path, file)
    read = _Read()
    with _opened(path, file) as (stream, total):
        for number, raw in enumerate(entries(stream, path, lambda done: progress(min(done, total), total)), start=1):
            try:
                entry = read_entry(raw, file)
            except UsageError as error:
                raise ZsbenchError(f"{path}, entry {number:,}: {error.message}", error.hint) from error
            read.entries.append(entry)
            read.counts.append(count(entry.net, file.dataset))
    if not read.entries:
        raise ZsbenchError(f"{path} holds no entries", "fetch it again")
    return Contents(_columns(read, file, _verified(read, file, parameters, path), path), _listed(read))


def _refuse_another(path: Path, file: NdsFile) -> None:
    """Raise `ZsbenchError` if the name is that of another official file: the content may not tell them apart."""
    name = path.name.removesuffix(".json").casefold()
    for other in FILES:
        if other != file and name in {other.file.casefold(), other.space}:
            raise ZsbenchError(
                f"{path.name} is the file of {other.space}, not of {file.space}",
                f"zsbench data import {other.space} {path}",
            )
    if name in {other.casefold() for other in NO_SPACES}:
        raise ZsbenchError(
            f"{path.name} varies the training, not only the network; no space reads it",
            f"{file.space} reads {file.file}.json",
        )


@contextmanager
def _opened(path: Path, file: NdsFile) -> Iterator[tuple[IO[str], int]]:
    """Give the text of the file, or of its part of the archive, and its size in bytes."""
    try:
        if not zipfile.is_zipfile(path):
            with path.open(encoding="utf-8") as stream:
                yield stream, path.stat().st_size
            return
        with zipfile.ZipFile(path) as archive:
            member = _member(archive, path, file)
            with archive.open(member) as content, io.TextIOWrapper(content, encoding="utf-8") as stream:
                yield stream, member.file_size
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise ZsbenchError(f"cannot read {path}: {error}", "is the file whole? Fetch it again") from error


def _member(archive: zipfile.ZipFile, path: Path, file: NdsFile) -> zipfile.ZipInfo:
    wanted = f"{file.file}.json".casefold()
    for member in archive.infolist():
        if Path(member.filename).name.casefold() == wanted:
            return member
    names = ", ".join(archive.namelist()[:5])
    raise ZsbenchError(f"{path} holds no {file.file}.json, but {names or 'nothing'}", "zsbench data get nds.zip")


def _listed(read: _Read) -> Listed:
    counts = {
        "params": read.column("params"),
        "flops": read.column("flops"),
        "our_params": [counts.params for counts in read.counts],
        "our_macs": [counts.macs for counts in read.counts],
    }
    archs = tuple(str(entry.net) for entry in read.entries)
    return Listed(archs, {name: np.array(values, dtype=np.int64) for name, values in counts.items()})


def _columns(read: _Read, file: NdsFile, verified: str, path: Path) -> list[TruthColumn]:
    epochs = "/".join(map(str, sorted(set(read.column("epochs")))))
    targets = {
        "test": f"NDS {file.file}: test accuracy after the last of {epochs} epochs; {verified}",
        "test-best": f"NDS {file.file}: best test accuracy of {epochs} epochs, chosen on the test set; {verified}",
    }
    errors = {"test": np.array(read.column("final")), "test-best": np.array(read.column("least"))}
    known = np.concatenate([column[np.isfinite(column)] for column in errors.values()])
    if not len(known) or known.max() <= 1:
        held = f"lie between {known.min():g} and {known.max():g}: fractions" if len(known) else "are missing"
        raise ZsbenchError(f"the errors in {path} {held}, not per cent", "the official files state per cent")
    return [
        TruthColumn(file.dataset.name, target, what, np.round(100 - errors[target], 4))
        for target, what in targets.items()
        if np.isfinite(errors[target]).any()
    ]


def _verified(read: _Read, file: NdsFile, parameters: Callable[[Net], int], path: Path) -> str:
    """Say for how many entries our counts are the file's.

    Raise `ZsbenchError` if it is fewer than half, as then these are other networks than the space's.
    """
    total = len(read.entries)
    pairs = list(zip(read.entries, read.counts, strict=True))
    wrong = [(place, pair) for place, pair in enumerate(pairs, start=1) if pair[0].params != pair[1].params]
    if 2 * len(wrong) > total:
        place, (entry, counts) = wrong[0]
        raise ZsbenchError(
            f"{path} does not hold the networks of {file.space}: the params of {len(wrong):,} of {total:,} entries are "
            f"others; entry {place} states {entry.params:,}, its network on {file.dataset.name} has {counts.params:,}",
            "is it the file of another dataset?",
        )
    built = _build([entry for entry, counts in pairs if entry.params == counts.params], parameters, path)
    said = f"params of {total - len(wrong):,} of {total:,} entries equal ours ({built} networks built)"
    if isinstance(read.entries[0].net, StageNet):
        flops = sum(entry.flops == counts.anynet_flops for entry, counts in pairs)
        said += f", flops of {flops:,}"
    return said


def _build(alike: Sequence[Entry], parameters: Callable[[Net], int], path: Path) -> int:
    """Build some of the networks and count; raise `ZsbenchError` if one has other parameters. Return how many."""
    places = sorted(set(np.linspace(0, len(alike) - 1, BUILT, dtype=int).tolist()))
    for place in places:
        entry = alike[place]
        found = parameters(entry.net)
        if found != entry.params:
            raise ZsbenchError(f"{path}: {entry.net} states {entry.params:,} params, but is built with {found:,}")
    return len(places)
