"""What a file looks like from its first bytes: for messages about files that are not what they should be."""

from __future__ import annotations

import bz2
import gzip
import re
import zipfile
import zlib
from pathlib import Path

from zsbench.errors import ZsbenchError

_PAGE = "an HTML page: the page of a download, not the file?"
_POINTER = "a Git LFS pointer, not the file it points to"
_IMPOSTORS = {_PAGE, _POINTER}
_MAGIC = (
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (rb"PAR1", "a Parquet table"),
    (rb"\x80[\x02-\x05]\x8a\x0a\x6c\xfc\x9c\x46", "a file of torch.save (old format)"),
    (rb"\x80[\x02-\x05]", "a pickle"),
    (rb"%PDF", "a PDF"),
    (rb"(?s).{257}ustar", "a tar archive"),
    (rb"version https://git-lfs", _POINTER),
    (rb"(?i)\s*<(!doctype )?html", _PAGE),
    (rb"\s*[\[{]", "JSON"),
)


def looks_like(path: Path) -> str:
    """Return in words what a file or folder looks like; raise `ZsbenchError` if it can't be read."""
    if path.is_dir():
        return "a folder"
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {error.strerror or error}") from error
    if head.startswith(b"PK"):
        return _zip(path)
    for opener, magic, name in ((gzip.open, b"\x1f\x8b", "gzip"), (bz2.open, b"BZh", "bzip2")):
        if head.startswith(magic):
            try:
                with opener(path) as inside:
                    return f"{_content(inside.read(1024))}, compressed by {name}"
            except (OSError, EOFError, zlib.error):
                return f"damaged {name} data"
    return _content(head)


def refuse_impostors(path: Path) -> None:
    """Raise `ZsbenchError` for what is never the file a user meant: a web page, a pointer."""
    if path.is_file() and (looks := looks_like(path)) in _IMPOSTORS:
        raise ZsbenchError(f"{path} is {looks}", "zsbench data list says where the file itself comes from")


def what_is_wrong(error: Exception) -> str:
    """Return what an error met in a file's content says, without the name of Python's class where a text is all."""
    if isinstance(error, ZsbenchError):
        return error.message
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"


def _content(head: bytes) -> str:
    if not head:
        return "an empty file"
    for pattern, name in _MAGIC:
        if re.match(pattern, head):
            return name
    if b"\0" in head:
        return "binary data of no kind known here"
    first = head.splitlines()[0] if head.splitlines() else b""
    return "a table of comma-separated values" if first.count(b",") else "text"


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return "a damaged zip archive"
    if any(name.endswith("/data.pkl") for name in names):
        return "a file of torch.save"
    return f"a zip archive of {len(names)} files, such as {names[0]}" if names else "an empty zip archive"
