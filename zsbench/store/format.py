"""The score file, schema 1: plain HDF5 behind a 512-byte head that says how long it is and what its sha256 is.

    attrs: schema, zsbench, written (UTC), statuses (JSON: name -> code), provenance (JSON list, one object a run)
    note                                    UTF-8, only where there is one: what a baseline says of its scores (JSON)
    /<space>/<dataset>/<conditions id>      attrs: conditions (JSON)
        index                               (n,) int64
        arch                                (n,) UTF-8
        proxies/<proxy>/<version>/
            score, status, seconds          (n,) float64, uint8, float64
            reason, reasons                 (n,) uint32 into (k,) UTF-8; only where any reason is given

The head lies in HDF5's user block, so every HDF5 tool opens the file. The checksum is compared before HDF5 sees a
byte: a truncated or altered file is refused with both checksums and never half read.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import h5py
import numpy as np
from numpy.typing import NDArray

from zsbench import __version__
from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance
from zsbench.store.model import CODES, MISSING, ColumnKey, ScoreColumn, StoredSet, Texts

SCHEMA = 1
HEAD = 512
_MAGIC = b"zsbench-scores"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_UNKNOWN = 255

_Group: TypeAlias = Any  # h5py ships no types


class FileProblemError(ZsbenchError):
    """One score file cannot be read; says why."""


@dataclass(frozen=True, eq=False)
class StoredFile:
    """What one score file holds."""

    sets: tuple[StoredSet, ...]
    provenance: tuple[Provenance, ...]
    written: str
    """UTC, ISO 8601: of two files, the one with the greater text is the newer."""
    problems: tuple[str, ...] = ()
    """Sets that were left out, and why."""
    note: str = ""
    """What is said of the scores, for whoever asks (a baseline's own facts); empty in the store."""


def encode(
    sets: Iterable[StoredSet],
    provenance: Sequence[Provenance],
    written: str,
    *,
    compress: bool = False,
    note: str = "",
) -> bytes:
    """Return the bytes of a score file; `compress` is slower and meant for files that are written once."""
    filters: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if compress else {}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=HEAD) as file:
        file.attrs["schema"] = SCHEMA
        file.attrs["zsbench"] = __version__
        file.attrs["written"] = written
        file.attrs["statuses"] = json.dumps({"missing": MISSING} | {str(s): code for s, code in CODES.items()})
        file.attrs["provenance"] = json.dumps([json.loads(p.to_json()) for p in provenance])
        if note:
            file["note"] = np.array(note.encode(), dtype=h5py.string_dtype("utf-8", len(note.encode())))
        for stored in sets:
            _write_set(file.create_group("/".join(stored.key)), stored, filters)
    view = buffer.getbuffer()
    view[:HEAD] = _head(view[HEAD:])
    view.release()
    return buffer.getvalue()


def decode(data: bytes, *, space: str | None = None, dataset: str | None = None) -> StoredFile:
    """Read the bytes of a score file, or only its sets of one space or dataset.

    Raises `FileProblemError` if the bytes are not whole, unaltered and of this schema.
    """
    _check_head(data)
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return _read_file(file, space, dataset)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        # The checksum fits, so these bytes are what was written: by something that does not follow the schema.
        raise FileProblemError(f"does not follow schema {SCHEMA}: {error}") from error


def valid_name(name: str) -> bool:
    """Return whether HDF5 can hold a group of this name one level deep."""
    return bool(name) and "/" not in name and "\x00" not in name and name not in (".", "..")


# --- head ---


def _head(payload: memoryview) -> bytes:
    facts = f"{_MAGIC.decode()} {SCHEMA} {__version__} {HEAD + len(payload)}"
    return f"{facts} {_digest(facts, payload)}\n".encode().ljust(HEAD, b"\x00")


def _digest(facts: str, payload: memoryview) -> str:
    digest = hashlib.sha256(facts.encode())
    digest.update(payload)
    return digest.hexdigest()


def _check_head(data: bytes) -> None:
    if not data.startswith(_MAGIC):
        what = "an HDF5 file that zsbench did not write" if data.startswith(_HDF5) else "not a score file"
        raise FileProblemError("empty file" if not data else what)
    line, _, padding = data[:HEAD].partition(b"\n")
    words = line.decode("latin-1").split(" ")
    if len(words) != 5 or not words[1].isdecimal() or not words[3].isdecimal() or any(padding):
        raise FileProblemError("truncated or altered: its first line cannot be read")
    _, schema, version, size, recorded = words
    if int(schema) > SCHEMA:
        message = f"schema {schema}, written by zsbench {version}; zsbench {__version__} reads up to schema {SCHEMA}"
        raise FileProblemError(message, f"zsbench {version} or newer reads it")
    found = _digest(" ".join(words[:4]), memoryview(data)[HEAD:])
    if found != recorded:
        what = f"truncated ({len(data):,} of {int(size):,} bytes)" if len(data) < int(size) else "altered"
        raise FileProblemError(f"{what}: its sha256 is {found[:16]}..., recorded is {recorded[:16]}...")


# --- writing ---


def _write_set(group: _Group, stored: StoredSet, filters: Mapping[str, Any]) -> None:
    group.attrs["conditions"] = stored.conditions.to_json()
    group.create_dataset("index", data=stored.index.astype(np.int64, copy=False), **filters)
    group.create_dataset("arch", data=_utf8(stored.arch), **filters)
    for (proxy, version), column in stored.columns.items():
        place = group.create_group(f"proxies/{proxy}/{version}")
        place.create_dataset("score", data=column.value)  # random digits: compressing gains 10 % and costs 10 x
        place.create_dataset("status", data=column.status, **filters)
        place.create_dataset("seconds", data=column.seconds)
        _write_reasons(place, column.reason, filters)


def _write_reasons(place: _Group, reason: Texts, filters: Mapping[str, Any]) -> None:
    texts = reason.tolist()
    if not any(texts):
        return
    numbers: dict[str, int] = {"": 0}
    codes = np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.uint32)
    place.create_dataset("reason", data=codes, **filters)
    place.create_dataset("reasons", data=_utf8(list(numbers)), **filters)


def _utf8(texts: Iterable[str]) -> NDArray[Any]:
    encoded = [text.encode() for text in texts]
    width = max(map(len, encoded), default=1)
    return np.array(encoded, dtype=h5py.string_dtype("utf-8", max(width, 1)))


# --- reading ---


def _read_file(file: _Group, only_space: str | None, only_dataset: str | None) -> StoredFile:
    codes = _code_table(json.loads(file.attrs["statuses"]))
    provenance = tuple(Provenance.from_json(json.dumps(p)) for p in json.loads(file.attrs["provenance"]))
    sets, problems = [], []
    spaces = {name for name, item in file.items() if isinstance(item, h5py.Group)}
    for space in sorted(spaces if only_space is None else {only_space} & spaces):
        for dataset in file[space] if only_dataset is None else {only_dataset} & set(file[space]):
            for name, group in file[f"{space}/{dataset}"].items():
                try:
                    sets.append(_read_set(space, dataset, group, codes))
                except ZsbenchError as error:
                    problems.append(f"{space}/{dataset}/{name}: {error.message}")
    note = file["note"][()].decode() if "note" in file and "note" not in spaces else ""
    return StoredFile(tuple(sets), provenance, str(file.attrs["written"]), tuple(problems), note)


def _code_table(written: Mapping[str, int]) -> NDArray[np.uint8]:
    """Return (256,) from the file's codes to ours, so that statuses may be added without a new schema."""
    ours = {"missing": MISSING} | {str(status): code for status, code in CODES.items()}
    table = np.full(256, _UNKNOWN, dtype=np.uint8)
    for name, code in written.items():
        table[code] = ours.get(name, _UNKNOWN)
    return table


def _read_set(space: str, dataset: str, group: _Group, codes: NDArray[np.uint8]) -> StoredSet:
    conditions = Conditions.from_json(group.attrs["conditions"])
    index = group["index"][:].astype(np.int64, casting="safe", copy=False)
    arch = _texts(group["arch"])
    if index.ndim != 1 or arch.shape != index.shape:
        raise FileProblemError(f"index {index.shape} and arch {arch.shape} differ in shape")
    if len(np.unique(index)) != len(index):
        raise FileProblemError("an index occurs twice")
    columns: dict[ColumnKey, ScoreColumn] = {}
    for proxy, versions in group.get("proxies", {}).items():
        for version, place in versions.items():
            columns[proxy, int(version)] = _read_column(proxy, int(version), place, len(index), codes)
    return StoredSet(space, dataset, conditions, index, arch, columns)


def _read_column(proxy: str, version: int, place: _Group, n: int, codes: NDArray[np.uint8]) -> ScoreColumn:
    arrays = {name: place[name][:] for name in ("score", "status", "seconds")}
    for (name, array), kind in zip(arrays.items(), (np.float64, np.uint8, np.float64), strict=True):
        if array.shape != (n,) or array.dtype != kind:
            raise FileProblemError(f"{proxy}/{name} is {array.dtype} {array.shape}, not {np.dtype(kind)} ({n},)")
    status = codes[arrays["status"]]
    if (status == _UNKNOWN).any():
        unknown = sorted(set(arrays["status"][status == _UNKNOWN].tolist()))
        raise FileProblemError(f"{proxy} has statuses that this version does not know: {unknown}")
    return ScoreColumn(version, arrays["score"], status, arrays["seconds"], _read_reasons(place, n))


def _read_reasons(place: _Group, n: int) -> Texts:
    if "reason" not in place:
        return np.full(n, "", dtype=object)
    codes = place["reason"][:]
    if codes.shape != (n,):
        raise FileProblemError(f"{place.name}/reason has the shape {codes.shape}, not ({n},)")
    reasons: Texts = _texts(place["reasons"])[codes]
    return reasons


def _texts(dataset: _Group) -> Texts:
    texts = np.empty(dataset.shape, dtype=object)
    texts[:] = [text.decode() for text in dataset[:].tolist()]
    return texts
