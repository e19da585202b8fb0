"""What a transfer that broke off has brought: `.NAME.part`, and `.NAME.part.json`, which says what it is a part of.

The second is there so that parts of two versions of a file are never joined: a server says which version it sends.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from zsbench.errors import ZsbenchError


class Part:
    """The part of one file, open for appending and held by this process alone."""

    def __init__(self, sink: BinaryIO, path: Path) -> None:
        """Take the open part that belongs to the file at `path`."""
        self.sink = sink
        self.path = Path(sink.name)
        self._final = path
        self._record = self.path.with_name(f"{self.path.name}.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return os.fstat(self.sink.fileno()).st_size

    def version(self, url: str) -> str:
        """Return the version, as the server of `url` calls it, that this is a part of; empty if it isn't known."""
        try:
            told = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return str(told.get("version", "")) if isinstance(told, dict) and told.get("url") == url else ""

    def begin(self, url: str, version: str) -> None:
        """Note of which version of which file the part is from now on."""
        self._record.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def clear(self) -> None:
        """Forget what is there."""
        if self.size:
            self.sink.truncate(0)
        self._record.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the whole file, synced, in its place."""
        os.fsync(self.sink.fileno())
        self.path.replace(self._final)
        self._record.unlink(missing_ok=True)


@contextmanager
def held(path: Path) -> Iterator[Part]:
    """Give the part of the file at `path`, made if need be; what is empty in the end is removed.

    Raise `ZsbenchError` if another process is fetching the file, and `OSError` if the disk can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.part").open("ab") as sink:
        try:
            fcntl.flock(sink, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ZsbenchError(f"another process is fetching {path.name}", "wait until it is done") from None
        part = Part(sink, path)
        try:
            yield part
        finally:
            if not part.size:
                part.clear()
                part.path.unlink(missing_ok=True)
