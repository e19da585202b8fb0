"""The entries of a large JSON file one after the other, without holding the file in memory.

The file is a list of entries, or an object of such lists, whose entries follow one another. NaN and Infinity are read
as Python's json module reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from zsbench.errors import ZsbenchError

_CHUNK = 1 << 20
_AFTER = tuple(" \t\r\n,:]}")
LARGEST = 1 << 26
"""Characters that an entry may have before the file is given up as none of this kind."""


def entries(stream: IO[str], path: Path, seen: Callable[[int], None] = lambda _characters: None) -> Iterator[Any]:
    """Yield every entry; `seen` gets the number of characters read so far.

    Raise `ZsbenchError` where the text ends early, is no JSON, or has another shape.
    """
    text = _Text(stream, path, seen)
    if text.skip("{"):
        if not text.skip("}"):
            while True:
                text.value()
                text.expect(":")
                yield from _items(text)
                if not text.skip(","):
                    break
            text.expect("}")
    else:
        yield from _items(text)
    if text.peek():
        raise text.error("more text after the last entry")


def _items(text: _Text) -> Iterator[Any]:
    text.expect("[")
    if text.skip("]"):
        return
    while True:
        yield text.value()
        if not text.skip(","):
            break
    text.expect("]")


class _Text:
    """The part of a stream that is not read yet."""

    def __init__(self, stream: IO[str], path: Path, seen: Callable[[int], None]) -> None:
        self._stream, self._path, self._seen = stream, path, seen
        self._decoder = json.JSONDecoder()
        self._text, self._at, self._read = "", 0, 0

    def peek(self) -> str:
        """Return the next character that is no white space, "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_CHUNK):
                return ""

    def skip(self, character: str) -> bool:
        """Go past a character if it is the next one."""
        found = self.peek() == character
        self._at += found
        return found

    def expect(self, character: str) -> None:
        """Go past a character; raise `ZsbenchError` if it is not the next one."""
        if not self.skip(character):
            raise self.error(f"{self.peek()!r} instead of {character!r}" if self.peek() else "the text ends early")

    def value(self) -> Any:
        """Read one JSON value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self.error("nested too deeply") from None
            except json.JSONDecodeError as error:
                pending = len(self._text) - self._at
                if pending > LARGEST:
                    raise self.error(f"an entry that goes on for {pending:,} characters") from None
                if not self._more(max(_CHUNK, pending)):
                    raise self.error(f"the text ends early, or {error.msg}") from None
                continue
            # A number may go on in the next chunk: 1 of 1.5, also where the point was read already.
            if self._text[end : end + 1] in _AFTER or not self._more(_CHUNK):
                self._at = end
                return value

    def _more(self, characters: int) -> bool:
        try:
            new = self._stream.read(characters)
        except UnicodeDecodeError as error:
            raise self.error(f"bytes that are no UTF-8 ({error.reason})") from error
        self._read += len(new)
        self._seen(self._read)
        if new:
            self._text, self._at = self._text[self._at :] + new, 0
        return bool(new)

    def error(self, what: str) -> ZsbenchError:
        """Return the error for what was found here."""
        place = self._read - len(self._text) + self._at
        return ZsbenchError(
            f"{self._path} is truncated or no JSON list of entries: {what}, at character {place + 1:,}",
            "fetch it again",
        )
