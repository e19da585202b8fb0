"""CIFAR-10 and CIFAR-100 as their authors publish them: binary or python version, unpacked or in the archive."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import ZsbenchError
from zsbench.pickles import load_pickle

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]

CLASSES = {"cifar10": 10, "cifar100": 100}
PIXELS = 3 * 32 * 32

# Training images only. The binary version comes first: it needs no unpickling.
_MEMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "cifar10": {
        "cifar-10-batches-bin": tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
        "cifar-10-batches-py": tuple(f"data_batch_{i}" for i in range(1, 6)),
    },
    "cifar100": {"cifar-100-binary": ("train.bin",), "cifar-100-python": ("train",)},
}
_ARCHIVES = {
    "cifar-10-batches-bin": "cifar-10-binary.tar.gz",
    "cifar-10-batches-py": "cifar-10-python.tar.gz",
    "cifar-100-binary": "cifar-100-binary.tar.gz",
    "cifar-100-python": "cifar-100-python.tar.gz",
}


def find_cifar(kind: str, place: Path) -> tuple[str, Path] | None:
    """Return (version, where) of `cifar10` or `cifar100` training images in `place`; None if there are none.

    `place` may be the archive, the folder that it unpacks to, or a folder that holds either of them.
    """
    for version, members in _MEMBERS[kind].items():
        for folder in (place / version, place):
            if all((folder / member).is_file() for member in members):
                return version, folder
        for archive in (place / _ARCHIVES[version], place):
            if archive.name == _ARCHIVES[version] and archive.is_file():
                return version, archive
    return None


def read_cifar(kind: str, place: Path) -> tuple[Images, Labels]:
    """Return (N, 3, 32, 32) uint8 training images and (N,) labels (the fine ones of CIFAR-100).

    Raises `ZsbenchError` if `place` has none (see `find_cifar`) or they are damaged.
    """
    found = find_cifar(kind, place)
    if found is None:
        where = f"in {place}" if place.is_dir() else f"at {place}: there is no such folder or archive"
        wanted = " or ".join(_ARCHIVES[version] for version in _MEMBERS[kind])
        raise ZsbenchError(f"no {kind} files {where}", f"put {wanted} there, whole or unpacked, or use --input photos")
    version, where_found = found
    members = _MEMBERS[kind][version]
    decode = _decode_binary if members[0].endswith(".bin") else _decode_python
    try:
        contents = _contents(version, where_found, members)
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise _damaged(where_found, str(error)) from error
    parts = [decode(kind, content, where_found / name) for name, content in zip(members, contents, strict=True)]
    return np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts])


def _contents(version: str, place: Path, members: Sequence[str]) -> list[bytes]:
    if place.is_dir():
        return [(place / member).read_bytes() for member in members]
    with gzip.open(place) as stream:
        with tarfile.open(fileobj=stream) as archive:
            contents = [_member(archive, f"{version}/{member}") for member in members]
        while stream.read(2**20):
            pass  # the checksum stands at the end
    return contents


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise tarfile.ExtractError(f"{name} is no file")
    return file.read()


def _decode_binary(kind: str, content: bytes, origin: Path) -> tuple[Images, Labels]:
    """Read rows of one label byte (two for CIFAR-100: coarse, fine) and 3,072 pixels."""
    label_bytes = 2 if kind == "cifar100" else 1
    if not content or len(content) % (label_bytes + PIXELS):
        raise _damaged(origin, f"{len(content):,} bytes are not whole rows of {label_bytes + PIXELS:,}")
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, label_bytes + PIXELS)
    return _checked(kind, rows[:, label_bytes:], rows[:, label_bytes - 1], origin)


def _decode_python(kind: str, content: bytes, origin: Path) -> tuple[Images, Labels]:
    """Read a dict of Python 2: `data` (N, 3072) uint8 and a list of labels, pickled with protocol 2."""
    data = load_pickle(content, origin, _GLOBALS, encoding="bytes")
    key = b"fine_labels" if kind == "cifar100" else b"labels"
    if not isinstance(data, dict) or not {b"data", key} <= data.keys():
        raise _damaged(origin, f"no dict with `data` and `{key.decode()}`")
    return _checked(kind, data[b"data"], data[key], origin)


def _checked(kind: str, pixels: Any, labels: Any, origin: Path) -> tuple[Images, Labels]:
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (PIXELS,):
        found = f"{pixels.dtype} {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise _damaged(origin, f"pixels are {found} instead of uint8 (N, {PIXELS})")
    numbers = np.asarray(labels)
    if numbers.dtype.kind not in "iu" or numbers.shape != pixels.shape[:1]:
        raise _damaged(origin, f"labels are {numbers.dtype} {numbers.shape} for {len(pixels)} images")
    if numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) < CLASSES[kind]:
        raise _damaged(origin, f"labels from {numbers.min()} to {numbers.max()} in {CLASSES[kind]} classes")
    return pixels.reshape(-1, 3, 32, 32), numbers.astype(np.int64)


def _damaged(origin: Path, why: str) -> ZsbenchError:
    return ZsbenchError(f"cannot read {origin}: {why}", "truncated or altered? fetch it again, or use --input photos")


def _empty_array(_kind: type, _shape: tuple[int, ...], _code: bytes) -> NDArray[Any]:
    """Stand for numpy's `_reconstruct`, which makes an empty array whose state the pickle then sets."""
    return np.ndarray.__new__(np.ndarray, (0,), np.uint8)


def _latin_bytes(text: str, encoding: str) -> bytes:
    """Stand for `_codecs.encode`, as which Python 3 writes bytes into a protocol-2 pickle."""
    if encoding != "latin1":
        msg = f"bytes in {encoding}"
        raise ValueError(msg)
    return text.encode("latin1")


_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin_bytes,
}
