"""The transfer: `pooch`'s, from one link after the other, going on where the last one broke off."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import requests
from pooch import HTTPDownloader

from zsbench.download.part import Part, held
from zsbench.errors import ZsbenchError
from zsbench.manifest import BenchmarkFile, sha256_of

TIMEOUT = 30
"""Seconds without an answer after which a server counts as out of reach."""
ATTEMPTS = 10
"""Transfers from one link, of which each brings something and breaks off."""
PAUSE = 1.0
"""Seconds between two of them."""
CHUNK = 1 << 16
"""Bytes written at a time; of a transfer that breaks off, no more than so many are lost."""
PARTIAL = requests.codes["partial_content"]
OUT_OF_RANGE = requests.codes["requested_range_not_satisfiable"]

Watch: TypeAlias = Callable[[int, int], None]
"""Called with the bytes that are there and their total, 0 if the server doesn't say."""


def download(file: BenchmarkFile, watch: Watch = lambda _done, _total: None) -> Path:
    """Fetch `file` from its first link that works to `file.location()`; what is there afterwards is whole.

    What a transfer that breaks off has brought is kept aside, and the next call goes on from there. Raise
    `ZsbenchError` if no link works, the checksum differs, another process is at it, or the disk can't be written.
    """
    path = file.location()
    failed = []
    try:
        with held(path) as part:
            for url in file.urls:
                reason = _fetch(url, file, part, watch)
                if not reason:
                    part.finish()
                    return path
                failed.append(f"{url}: {reason}")
            kept = part.size
    except OSError as error:
        raise ZsbenchError(
            f"cannot write {path}: {error.strerror or error}",
            "make room, or let ZSBENCH_DATA name another folder; the same command goes on where it broke off",
        ) from error
    by_hand = f"fetch it by hand{f' ({file.page})' if file.page else ''} and put it at {path}"
    hint = f"the same command goes on after the first {kept:,} bytes; or {by_hand}" if kept else by_hand
    raise ZsbenchError(f"cannot fetch {'; '.join(failed)}", hint)


def _fetch(url: str, file: BenchmarkFile, part: Part, watch: Watch) -> str:
    """Make the part whole; return why that isn't possible from `url`, nothing if it is done.

    Whatever changes the part is a reason to try again: bytes that came before a transfer broke off, and bytes thrown
    away that were no part of this file.
    """
    reason = ""
    for attempt in range(ATTEMPTS):
        time.sleep(PAUSE if attempt else 0)
        before = part.size
        try:
            _transfer(url, part, watch, checked=bool(file.sha256))
            reason = _differs(file, part)
        except requests.RequestException as error:
            reason = _why(error)
        if not reason or part.size == before:
            break
    return reason


def _differs(file: BenchmarkFile, part: Part) -> str:
    """Return how a complete part isn't the published file, and forget it then; nothing if it is."""
    reason = ""
    if isinstance(file.size, int) and part.size != file.size:
        reason = f"it sent {part.size:,} bytes, {file.name} has {file.size:,}"
    else:
        try:
            file.check(part.path, sha256_of(part.path))
        except ZsbenchError as error:
            reason = error.message
    if reason:
        part.clear()
    return reason


def _transfer(url: str, part: Part, watch: Watch, *, checked: bool) -> None:
    """Append to the part what it lacks; raise `requests.RequestException` if that fails or breaks off.

    A part goes on where the checksum is known, from whichever link; else only with the version that it is a part of.
    """
    version = part.version(url)
    if not checked and not version:
        part.clear()
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if version:
            headers["If-Range"] = version
    meter = _Meter(url, part, watch)
    get = HTTPDownloader(
        progressbar=meter, chunk_size=CHUNK, timeout=TIMEOUT, headers=headers, hooks={"response": meter.begin}
    )
    try:
        get(url, part.sink, None)
    except requests.HTTPError as error:
        if error.response is None or error.response.status_code != OUT_OF_RANGE:
            raise
        if meter.whole != part.size:  # no more of it than that: all is there
            part.clear()
            raise
    finally:
        meter.close_answer()


class _Meter:
    """Sees the answer's headers before its content is written, and how it gets on; what pooch takes for a bar."""

    def __init__(self, url: str, part: Part, watch: Watch) -> None:
        self._url = url
        self._part = part
        self._watch = watch
        self._answer: requests.Response | None = None
        self.total = 0
        """What pooch sets: the bytes of this answer."""
        self.whole = 0
        """Bytes of the whole file, as far as the server says."""

    def begin(self, answer: requests.Response, **_: Any) -> None:
        """Drop what an answer doesn't continue; raise `ZsbenchError` if there is no room for it."""
        if answer.is_redirect:
            return
        self._answer = answer
        told = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+)", answer.headers.get("Content-Range", ""))
        self.whole = int(told[2] if told else answer.headers.get("Content-Length", 0))
        if not answer.ok:
            return
        if answer.status_code != PARTIAL:
            self._part.clear()
        elif not told or told[1] != str(self._part.size):
            raise requests.RequestException("it sent another part than asked for")
        _check_room(self._part, self.whole)
        self._part.begin(self._url, _version(answer))

    def update(self, _: int) -> None:
        """Say how much is there."""
        self._watch(self._part.size, self.whole)

    def reset(self) -> None:
        """Do nothing: what is there is counted on the disk."""

    def close(self) -> None:
        """Do nothing, as above."""

    def close_answer(self) -> None:
        """Close the connection."""
        if self._answer is not None:
            self._answer.close()


def _version(answer: requests.Response) -> str:
    """Return what the server calls this version of the file, if it is exact: no weak tag."""
    tag = answer.headers.get("ETag", "")
    return answer.headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag


def _check_room(part: Part, total: int) -> None:
    folder = part.path.parent
    needed, free = total - part.size, shutil.disk_usage(folder).free
    if needed > free:
        raise ZsbenchError(
            f"{needed:,} bytes are to come, but {folder} has room for {free:,}",
            "make room, or let ZSBENCH_DATA name another folder",
        )


def _why(error: BaseException) -> str:
    """Say in a few words why a request failed: its innermost cause, not the layers around it."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).partition("\n")[0]
    return f"no answer for {TIMEOUT} s" if isinstance(error, TimeoutError) else text
