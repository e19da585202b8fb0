"""Pickles from outside are read by an unpickler that constructs nothing but what is named; nothing is executed."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zsbench.errors import ZsbenchError

_DAMAGE = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What CPython's unpickler raises on damaged input."""


class _Restricted(pickle.Unpickler):
    def __init__(
        self, stream: io.BytesIO, allowed: Mapping[tuple[str, str], Any], origin: Path, encoding: str = "ASCII"
    ) -> None:
        super().__init__(stream, encoding=encoding)
        self._allowed = allowed
        self._origin = origin

    def find_class(self, module: str, name: str) -> Any:
        """Return an allowed global; raise `ZsbenchError` that names any other."""
        try:
            return self._allowed[module, name]
        except KeyError:
            raise ZsbenchError(
                f"{self._origin} is refused: its pickle asks for {module}.{name}",
                "a data file has no need of it; nothing was executed",
            ) from None


def load_pickle(
    content: bytes, origin: Path, allowed: Mapping[tuple[str, str], Any] | None = None, *, encoding: str = "ASCII"
) -> Any:
    """Return what a pickle holds, built from plain containers, numbers, strings and the `allowed` globals only.

    `allowed` maps (module, name), as the pickle spells them, to what stands for it. `encoding` is that of strings
    that Python 2 wrote; "bytes" leaves them bytes. Raise `ZsbenchError` if the pickle asks for anything else, or is
    damaged; `origin` is the file that the message names.
    """
    try:
        return _Restricted(io.BytesIO(content), allowed or {}, origin, encoding).load()
    except _DAMAGE as error:
        raise ZsbenchError(
            f"{origin} is not a whole pickle: {type(error).__name__}: {error}", "fetch the file again"
        ) from error


def load_pickles(content: bytes, origin: Path, allowed: Mapping[tuple[str, str], Any] | None = None) -> Iterator[Any]:
    """Yield what each of the pickles in a file holds that follow one another; as `load_pickle` otherwise."""
    stream = io.BytesIO(content)
    unpickler = _Restricted(stream, allowed or {}, origin)
    number = 0
    while stream.tell() < len(content):
        number += 1
        try:
            found = unpickler.load()
        except _DAMAGE as error:
            raise ZsbenchError(
                f"{origin} is truncated or no file of pickles: number {number:,}: {type(error).__name__}: {error}",
                "fetch the file again",
            ) from error
        yield found
