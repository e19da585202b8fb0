"""Module hashes of many labelled graphs at once: what `cell101.module_hash` does for one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from zsbench.spaces.cell101_md5 import digests

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bools: TypeAlias = "NDArray[np.bool_]"
Bytes: TypeAlias = "NDArray[np.uint8]"
Ints: TypeAlias = "NDArray[np.int64]"
Digits: TypeAlias = "NDArray[np.uint64]"
"""(..., 4): 32 hexadecimal digits in four words; the digits sort as the first word read from the left does."""

_HEX = 32


@dataclass(frozen=True)
class _Alike:
    """Vertices with equal numbers of neighbours: their messages have equal lengths."""

    graph: Ints
    vertex: Ints
    sources: Ints
    """(k, in-degree)"""
    targets: Ints
    """(k, out-degree)"""


def module_hashes(matrices: Bools, labels: Ints) -> Bytes:
    """Return (m x L, 16) the hashes of (m, V, V) graphs, each with (L, V) labels: -1 input, -2 output, else 0-2."""
    import numpy as np

    groups = list(_groups(matrices))
    hashes = _first(matrices, labels)
    for _ in range(labels.shape[1]):
        following = np.empty_like(hashes)
        for alike in groups:
            following[alike.graph, alike.vertex] = _refined(hashes, alike)
        hashes = following
    return digests(_listed(hashes))


def _groups(matrices: Bools) -> Iterator[_Alike]:
    import numpy as np

    entering, leaving = matrices.sum(axis=1), matrices.sum(axis=2)
    for sources, targets in np.unique(np.stack([entering, leaving], axis=-1).reshape(-1, 2), axis=0).tolist():
        graph, vertex = np.nonzero((entering == sources) & (leaving == targets))
        yield _Alike(
            graph,
            vertex,
            np.nonzero(matrices[graph, :, vertex])[1].reshape(len(graph), sources),
            np.nonzero(matrices[graph, vertex, :])[1].reshape(len(graph), targets),
        )


def _first(matrices: Bools, labels: Ints) -> Digits:
    """Return (m, V, L, 4) the hashes of (out-degree, in-degree, label)."""
    import numpy as np

    degrees = np.stack([matrices.sum(axis=2), matrices.sum(axis=1)], axis=-1)  # (m, V, 2)
    known: dict[tuple[int, int, int], bytes] = {}
    for leaving, entering in np.unique(degrees.reshape(-1, 2), axis=0).tolist():
        for label in np.unique(labels).tolist():
            name = (leaving, entering, label)
            known[name] = hashlib.md5(str(name).encode(), usedforsecurity=False).hexdigest().encode()
    table = np.zeros((matrices.shape[1], matrices.shape[1], 5, 4), dtype=np.uint64)
    for (leaving, entering, label), text in known.items():
        table[leaving, entering, label + 2] = np.frombuffer(text, dtype=np.uint64)
    result: Digits = table[degrees[..., None, 0], degrees[..., None, 1], labels.T[None] + 2]
    return result


def _refined(hashes: Digits, alike: _Alike) -> Digits:
    """Return (k, L, 4) the next hashes of vertices that are alike."""
    own = hashes[alike.graph, alike.vertex]
    parts: list[Any] = []
    for neighbours in (alike.sources, alike.targets):
        parts += [*_sorted(hashes[alike.graph[:, None], neighbours]), b"|"]
    parts.append(own)
    return _hexadecimal(digests(_messages(parts))).reshape(*own.shape[:2], 4)


def _sorted(hashes: Digits) -> list[Digits]:
    """Return the hashes (k, neighbours, L, 4), smallest first, as one array (k, L, 4) a neighbour."""
    import numpy as np

    if hashes.shape[1] > 1:
        # Hashes that differ do so in the first word: 2^-64 a pair that they don't, and the digest of all would tell.
        order = hashes[..., 0].byteswap().argsort(axis=1)
        hashes = np.take_along_axis(hashes, order[..., None], axis=1)
    return list(hashes.swapaxes(0, 1))


def _listed(hashes: Digits) -> Bytes:
    """Return (m x L, length) the texts of the sorted lists of vertex hashes, as Python prints them."""
    parts: list[Any] = [b"['"]
    for number, part in enumerate(_sorted(hashes)):
        parts += [b"', '"] * bool(number) + [part]
    return _messages([*parts, b"']"])


def _messages(parts: list[Any]) -> Bytes:
    """Join hashes (k, L, 4) and constant bytes to (k x L, length) texts."""
    import numpy as np

    shape = next(part.shape[:2] for part in parts if not isinstance(part, bytes))
    length = sum(len(part) if isinstance(part, bytes) else _HEX for part in parts)
    text = np.empty((*shape, length), dtype=np.uint8)
    start = 0
    for part in parts:
        written = np.frombuffer(part, dtype=np.uint8) if isinstance(part, bytes) else _bytes(part)
        text[..., start : start + written.shape[-1]] = written
        start += written.shape[-1]
    return text.reshape(-1, length)


def _bytes(hashes: Digits) -> Bytes:
    import numpy as np

    return np.ascontiguousarray(hashes).view(np.uint8)


@cache
def _pairs() -> NDArray[np.uint16]:
    """Return (256,) the two digits of every byte."""
    import numpy as np

    return np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)


def _hexadecimal(found: Bytes) -> Digits:
    """Return (n, 4) the digits of (n, 16) digests."""
    import numpy as np

    return _pairs()[found].view(np.uint64)
