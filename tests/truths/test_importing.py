from __future__ import annotations

import bz2
import gzip
import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from zsbench.errors import ZsbenchError
from zsbench.registry import find_space
from zsbench.spaces.nb201 import Nb201
from zsbench.truths.columns import TruthColumn
from zsbench.truths.importing import TableOptions, default_name, import_file
from zsbench.truths.looks import looks_like
from zsbench.truths.space import OfficialFile


def tar_content() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("meta"))
    return buffer.getvalue()


def zip_content(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>Google Drive can't scan", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b'{"02012100": {}}', "JSON"),
        (gzip.compress(b"[1, 2]", mtime=0), "JSON, compressed by gzip"),
        (bz2.compress(pickle.dumps({})), "a pickle, compressed by bzip2"),
        (gzip.compress(bytes(range(256)) * 9, mtime=0)[:20], "damaged gzip data"),
        (pickle.dumps({"a": 1}), "a pickle"),
        (tar_content(), "a tar archive"),
        (zip_content("archive/data.pkl", "archive/version"), "a file of torch.save"),
        (zip_content("DARTS.json"), "a zip archive of 1 files, such as DARTS.json"),
        (zip_content("a")[:-9], "a damaged zip archive"),
        (b"\x89HDF\r\n\x1a\n..", "an HDF5 file"),
        (b"PAR1....", "a Parquet table"),
        (b"index,acc\n0,1\n", "a table of comma-separated values"),
        (b"hello\n", "text"),
        (bytes(range(9)), "binary data of no kind known here"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # archives carry the time: no name for a test
)
def test_a_file_is_told_by_its_first_bytes(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert looks_like(path).startswith(words)


def test_an_old_file_of_torch_save_is_no_mere_pickle(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "file"
    for zipped, words in ((False, "a file of torch.save (old format)"), (True, "a file of torch.save")):
        torch.save({"a": 1}, path, _use_new_zipfile_serialization=zipped)
        assert looks_like(path) == words


def test_a_file_of_no_known_name_says_what_it_looks_like_and_what_the_space_reads(tmp_path: Path) -> None:
    path = tmp_path / "macro.txt"
    path.write_text('{"00000000": {}}')
    with pytest.raises(ZsbenchError, match=r"cannot tell what macro\.txt is: it looks like JSON") as caught:
        import_file(find_space("nb201"), path)
    assert (
        "nb201 reads tables (.csv, .csv.gz, .parquet); the official NAS-Bench-201 v1.1 (*.pth); " in caught.value.hint
    )
    assert looks_like(tmp_path) == "a folder"


@pytest.mark.parametrize("name", ["NAS-Bench-201-v1_1-096897.pth", "accs.csv"])
def test_a_saved_download_page_is_refused_as_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("\n<html><body>Google Drive - Virus scan warning</body></html>")
    options = TableOptions(("test=a",), "cifar10") if name.endswith("csv") else TableOptions()
    with pytest.raises(ZsbenchError, match="an HTML page: the page of a download, not the file") as caught:
        import_file(find_space("nb201"), path, options)
    assert "zsbench data list" in caught.value.hint


class Twice(Nb201):
    """A space that reads two kinds of official files, one of them also unpacked."""

    name = "twice"

    def official_files(self) -> tuple[OfficialFile, ...]:
        def read(path: Path, progress: object) -> list[TruthColumn]:
            return [TruthColumn("cifar10", "test", f"read from {path.name}", np.full(len(self), 50.0))]

        return (OfficialFile(("*.tar",), "the archive", read, folder=True), OfficialFile(("acc*.json*",), "", read))


@pytest.mark.parametrize("name", ["X-simple.TAR", "acc.json.gz", "unpacked"])
def test_the_reader_is_chosen_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "unpacked":
        path.mkdir()
        (path / "b").write_bytes(b"12")
        (path / "a").write_bytes(b"345")
    else:
        path.write_bytes(b"12345")
    imported, (column,) = import_file(Twice(), path)
    assert column.what == f"read from {name}"
    assert (imported.origin.file, imported.origin.size, imported.origin.format) == (name, 5, "official")
    assert Twice().truth("cifar10", "test").values[0] == 50


def test_a_folder_s_digest_covers_names_and_contents(tmp_path: Path) -> None:
    digests = set()
    for number, files in enumerate(({"a": "x"}, {"b": "x"}, {"a": "y"}, {"a": "x", "b": ""})):
        folder = tmp_path / f"f{number}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content)
        digests.add(import_file(Twice(), folder)[0].origin.sha256)
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.csv.gz", "a"),
        ("NATS-sss-v1_0-50262-simple.tar", "NATS-sss-v1_0-50262-simple"),
        ("nas-bench-macro_cifar10.json", "nas-bench-macro_cifar10"),
        ("NATS-tss-v1_0-3ffb9.pickle.pbz2", "NATS-tss-v1_0-3ffb9"),
    ],
)
def test_an_import_is_named_after_its_file(file: str, name: str) -> None:
    assert default_name(Path(file)) == name
