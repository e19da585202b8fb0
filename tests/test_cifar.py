"""CIFAR files in the exact formats of the official archives, with known pixels."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from zsbench.cifar import find_cifar, read_cifar
from zsbench.errors import ZsbenchError

ROWS = 4
FOLDERS = {
    ("cifar10", "binary"): "cifar-10-batches-bin",
    ("cifar10", "python"): "cifar-10-batches-py",
    ("cifar100", "binary"): "cifar-100-binary",
    ("cifar100", "python"): "cifar-100-python",
}
ARCHIVES = {key: f"cifar-{key[0].removeprefix('cifar')}-{key[1]}.tar.gz" for key in FOLDERS}
EVERY = pytest.mark.parametrize(("kind", "version"), FOLDERS, ids=" ".join)


def pixels(part: int) -> np.ndarray:
    """Return (ROWS, 3072) bytes: red plane, green plane, blue plane, each row by row."""
    return np.random.default_rng(part).integers(256, size=(ROWS, 3072), dtype=np.uint8)


def labels(kind: str, part: int) -> list[int]:
    return [(part * ROWS + row) * 7 % int(kind.removeprefix("cifar")) for row in range(ROWS)]


def binary_member(kind: str, part: int) -> bytes:
    coarse = [b"\x13"] * ROWS if kind == "cifar100" else [b""] * ROWS
    rows = zip(coarse, labels(kind, part), pixels(part), strict=True)
    return b"".join(first + bytes([label]) + plane.tobytes() for first, label, plane in rows)


def python2_pickle(item: object) -> bytes:
    """Write protocol 2 as Python 2's cPickle and the numpy of its day did (text as bytes, arrays by _reconstruct)."""
    return b"\x80\x02" + opcodes(item) + b"."


def opcodes(item: object) -> bytes:
    if item is None or item is False:
        return b"N" if item is None else b"\x89"
    if isinstance(item, int):
        return b"J" + struct.pack("<i", item)
    if isinstance(item, bytes):
        return b"U" + bytes([len(item)]) + item if len(item) < 256 else b"T" + struct.pack("<i", len(item)) + item
    if isinstance(item, tuple | list):
        start, end = (b"(", b"t") if isinstance(item, tuple) else (b"](", b"e")
        return start + b"".join(map(opcodes, item)) + end
    if isinstance(item, dict):
        return b"}(" + b"".join(opcodes(key) + opcodes(value) for key, value in item.items()) + b"u"
    assert isinstance(item, np.ndarray)
    start = b"cnumpy.core.multiarray\n_reconstruct\n" + b"cnumpy\nndarray\n" + opcodes((0,)) + opcodes(b"b") + b"\x87R"
    code = b"cnumpy\ndtype\n" + opcodes((item.dtype.str[1:].encode(), 0, 1)) + b"R"
    code += opcodes((3, item.dtype.str[:1].encode(), None, None, None, -1, -1, 0)) + b"b"
    state = b"(" + opcodes(1) + opcodes(item.shape) + code + opcodes(False) + opcodes(item.tobytes()) + b"t"
    return start + state + b"b"


def python_member(kind: str, part: int, write=python2_pickle) -> bytes:
    key = b"fine_labels" if kind == "cifar100" else b"labels"
    names = [f"image_{row}.png".encode() for row in range(ROWS)]
    content = {b"batch_label": b"training batch 1 of 5", b"filenames": names}
    if kind == "cifar100":
        content[b"coarse_labels"] = [19] * ROWS
    return write(content | {key: labels(kind, part), b"data": pixels(part)})


def members(kind: str, version: str) -> dict[str, bytes]:
    make = binary_member if version == "binary" else python_member
    if kind == "cifar100":
        return {"train.bin" if version == "binary" else "train": make(kind, 1)}
    suffix = ".bin" if version == "binary" else ""
    return {f"data_batch_{part}{suffix}": make(kind, part) for part in range(1, 6)}


def unpack(folder: Path, kind: str, version: str) -> Path:
    inside = folder / FOLDERS[kind, version]
    inside.mkdir(parents=True)
    for name, content in members(kind, version).items():
        (inside / name).write_bytes(content)
    return inside


def pack(folder: Path, kind: str, version: str) -> Path:
    path = folder / ARCHIVES[kind, version]
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members(kind, version).items():
            entry = tarfile.TarInfo(f"{FOLDERS[kind, version]}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def assert_known(kind: str, found: tuple[np.ndarray, np.ndarray]) -> None:
    parts = [1] if kind == "cifar100" else range(1, 6)
    images, numbers = found
    assert images.dtype == np.uint8
    assert images.shape == (ROWS * len(parts), 3, 32, 32)
    assert numbers.tolist() == [label for part in parts for label in labels(kind, part)]
    for part, start in zip(parts, range(0, len(images), ROWS), strict=True):
        expected = pixels(part)
        assert images[start, 0, 0, 1] == expected[0, 1]  # red, first row, second column
        assert images[start + 1, 2, 31, 30] == expected[1, 2 * 1024 + 31 * 32 + 30]  # blue, last row
        assert np.array_equal(images[start : start + ROWS].reshape(ROWS, -1), expected)


@EVERY
def test_a_folder_is_read_by_its_own_name_or_its_parents(tmp_path, kind, version):
    inside = unpack(tmp_path, kind, version)
    assert_known(kind, read_cifar(kind, inside))
    assert_known(kind, read_cifar(kind, tmp_path))


@EVERY
def test_an_archive_is_read_by_its_own_name_or_its_folder(tmp_path, kind, version):
    path = pack(tmp_path, kind, version)
    assert_known(kind, read_cifar(kind, path))
    assert_known(kind, read_cifar(kind, tmp_path))


def test_the_two_datasets_are_not_mixed_up(tmp_path):
    pack(tmp_path, "cifar10", "binary")
    assert find_cifar("cifar100", tmp_path) is None
    unpack(tmp_path, "cifar100", "python")
    assert_known("cifar100", read_cifar("cifar100", tmp_path))


@pytest.mark.parametrize("kind", ["cifar10", "cifar100"])
def test_what_python_3_and_numpy_of_today_pickle_is_read_too(tmp_path, kind):
    inside = unpack(tmp_path, kind, "python")
    for part, path in enumerate(sorted(inside.iterdir()), start=1):
        path.write_bytes(python_member(kind, part, lambda item: pickle.dumps(item, protocol=2)))
    assert_known(kind, read_cifar(kind, inside))


def test_the_twin_of_python_2_is_what_pickle_itself_reads():
    read = pickle.loads(python_member("cifar100", 1).replace(b"numpy.core", b"numpy._core"), encoding="bytes")
    assert np.array_equal(read[b"data"], pixels(1))
    assert read[b"fine_labels"] == labels("cifar100", 1)


def test_a_missing_folder_names_what_belongs_there(tmp_path):
    with pytest.raises(ZsbenchError, match="there is no such folder") as caught:
        read_cifar("cifar10", tmp_path / "nowhere")
    assert "cifar-10-binary.tar.gz or cifar-10-python.tar.gz" in caught.value.hint
    assert caught.value.exit_code == 1
    with pytest.raises(ZsbenchError, match="no cifar10 files in"):
        read_cifar("cifar10", tmp_path)


def test_a_folder_that_lacks_one_batch_is_not_taken(tmp_path):
    (unpack(tmp_path, "cifar10", "binary") / "data_batch_4.bin").unlink()
    assert find_cifar("cifar10", tmp_path) is None


@EVERY
@pytest.mark.parametrize("keep", [0, 10, 3000])
def test_a_truncated_file_is_named(tmp_path, kind, version, keep):
    inside = unpack(tmp_path, kind, version)
    path = max(inside.iterdir())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ZsbenchError, match=path.name):
        read_cifar(kind, tmp_path)


@EVERY
@pytest.mark.parametrize("part", [0.0, 0.01, 0.6, 0.99])
def test_a_truncated_archive_is_an_explained_error(tmp_path, kind, version, part):
    path = pack(tmp_path, kind, version)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ZsbenchError, match=path.name):
        read_cifar(kind, path)


def test_an_altered_archive_is_an_explained_error(tmp_path):
    path = pack(tmp_path, "cifar100", "binary")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ZsbenchError, match=path.name):
        read_cifar("cifar100", path)


def test_an_archive_of_something_else_is_an_explained_error(tmp_path):
    pack(tmp_path, "cifar10", "binary").rename(tmp_path / ARCHIVES["cifar100", "binary"])
    with pytest.raises(ZsbenchError, match="train"):
        read_cifar("cifar100", tmp_path)


def bad_binary(kind: str, part: int) -> bytes:
    content = bytearray(binary_member(kind, part))
    content[0] = 10
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({b"data": pixels(1).astype(np.int64), b"labels": [0] * ROWS}, "int64"),
        ({b"data": pixels(1)[:, :-1].copy(), b"labels": [0] * ROWS}, "3071"),
        ({b"data": b"pixels", b"labels": [0] * ROWS}, "bytes"),
        ({b"data": pixels(1), b"labels": [0] * (ROWS - 1)}, "labels are"),
        ({b"data": pixels(1), b"labels": [b"cat"] * ROWS}, "labels are"),
        ({b"data": pixels(1), b"labels": [0, 1, 2, 10]}, "labels from 0 to 10 in 10 classes"),
        ({b"data": pixels(1), b"labels": [0, 1, 2, -1]}, "labels from -1"),
        ({b"data": pixels(1), b"fine_labels": [0] * ROWS}, "no dict with `data` and `labels`"),
        ([], "no dict"),
    ],
)
def test_what_is_not_images_and_labels_is_refused(tmp_path, content, words):
    (unpack(tmp_path, "cifar10", "python") / "data_batch_1").write_bytes(python2_pickle(content))
    with pytest.raises(ZsbenchError, match=f"data_batch_1.*{words}"):
        read_cifar("cifar10", tmp_path)


def test_a_label_out_of_range_in_the_binary_version_is_refused(tmp_path):
    (unpack(tmp_path, "cifar10", "binary") / "data_batch_1.bin").write_bytes(bad_binary("cifar10", 1))
    with pytest.raises(ZsbenchError, match=r"labels from .* to 10 in 10 classes"):
        read_cifar("cifar10", tmp_path)


def test_a_pickle_that_asks_for_more_is_refused_and_not_executed(tmp_path):
    marker = tmp_path / "executed"
    evil = b"\x80\x02cposix\nsystem\nU" + bytes([len(f"touch {marker}")]) + f"touch {marker}".encode() + b"\x85R."
    (unpack(tmp_path, "cifar100", "python") / "train").write_bytes(evil)
    with pytest.raises(ZsbenchError, match=r"asks for posix\.system"):
        read_cifar("cifar100", tmp_path)
    assert not marker.exists()
