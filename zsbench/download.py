"""Fetch a benchmark file by its direct link: aside, checked against the published sha256, then renamed."""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from zsbench.errors import ZsbenchError
from zsbench.manifest import BenchmarkFile, sha256_of

TIMEOUT = 30
"""Seconds without an answer after which the server counts as out of reach."""


def download(file: BenchmarkFile) -> Path:
    """Fetch `file.url` to `file.location()`; what is there afterwards is whole, or nothing is.

    Raise `ZsbenchError` if the server can't be reached, the disk can't be written, or the checksum differs.
    """
    path = file.location()
    by_hand = f"fetch it by hand and put it at {path}"
    aside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        aside = Path(name)
        # S310: the link is one of the manifest that ships with zsbench
        with os.fdopen(handle, "wb") as sink, urllib.request.urlopen(file.url, timeout=TIMEOUT) as answer:  # noqa: S310
            shutil.copyfileobj(answer, sink)
            sink.flush()
            os.fsync(sink.fileno())
        file.check(path, sha256_of(aside))
        aside.chmod(0o644)
        aside.replace(path)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # such an error is an answer too, with a connection of its own
        raise ZsbenchError(f"cannot fetch {file.url}: {error}", by_hand) from error
    except OSError as error:
        raise ZsbenchError(f"cannot write {path}: {error.strerror or error}", by_hand) from error
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
    return path
