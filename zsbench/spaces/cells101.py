"""All 423,624 cells of NAS-Bench-101, generated as their authors did, in the order of their module hashes.

For 2 to 7 vertices, all edge masks upwards (bit x + y(y-1)/2 is the edge x-y), for each all operations in product
order: the first cell met with a hash stands for its class. Two shortcuts change nothing of that. Only the first mask
of every isomorphism class of graphs can hold a first cell, since all operations were tried on it; and the hashes are
computed for many cells at once. The digest of the sorted hashes, known from the authors' own enumeration, guards both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from zsbench.spaces.cell101 import MOST_EDGES, MOST_VERTICES, OPERATIONS, Cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Codes: TypeAlias = "NDArray[np.uint32]"
Keys: TypeAlias = "NDArray[np.uint64]"
Ints: TypeAlias = "NDArray[np.int64]"

SIZE = 423_624
HASHES_SHA256 = "a7f10bf770c1b5b8a221e37824e42b3b1a237a5d21ccf545bbe8e23abd933403"
"""Of all module hashes, sorted, joined by newlines."""
CODES_SHA256 = "8b5f10b01e36ca2b45d28db6596322a2da16651f3e3dedac6864d0c0f8683b4f"
"""Of the codes of all cells in that order, as little-endian 32-bit words; of our own making."""

_VERTEX_HASHES_AT_ONCE = 100_000


@dataclass(frozen=True, eq=False)
class Alike:
    """The n cells of one number V of vertices: few graphs carry them all."""

    index: Ints
    """(n,) their indices."""
    matrices: NDArray[np.bool_]
    """(g, V, V) the different graphs."""
    graph: Ints
    """(n,) which of them each cell has."""
    operations: Bytes
    """(n, V - 2) of its interior vertices, indices into `OPERATIONS`."""


@dataclass(frozen=True, eq=False)
class Cells:
    """All cells in the order of their hashes."""

    hashes: Bytes
    """(n, 16) module hashes."""
    codes: Codes
    """(n,) bits 0-20 the edge mask, 21-28 the operations as a number to base 3, 29-31 the number of vertices."""

    @cached_property
    def keys(self) -> Keys:
        """(n,) the first eight bytes of every hash as a number: ascending, all different."""
        return _keys(self.hashes)

    def cell(self, index: int) -> Cell:
        """Return a cell."""
        return decode(int(self.codes[index]))

    def hash(self, index: int) -> str:
        """Return the module hash of a cell."""
        return bytes(self.hashes[index]).hex()

    def find(self, module_hash: str) -> int | None:
        """Return the index of a module hash, None if no cell has it."""
        import numpy as np

        if not re.fullmatch("[0-9a-f]{32}", module_hash):
            return None
        # As a plain integer the key would turn all keys into floats, for each search.
        index = int(self.keys.searchsorted(np.uint64(int(module_hash[:16], 16))))
        return index if index < len(self.hashes) and self.hash(index) == module_hash else None

    def alike(self, vertices: int) -> Alike:
        """Return all cells of so many vertices."""
        import numpy as np

        index = np.flatnonzero(self.codes >> np.uint32(29) == vertices)
        codes = self.codes[index]
        masks, graph = np.unique(codes & np.uint32(0x1FFFFF), return_inverse=True)
        number = (codes >> np.uint32(21) & np.uint32(0xFF)).astype(np.uint8)
        powers = 3 ** np.arange(vertices - 3, -1, -1)
        return Alike(index, matrices_of(masks, vertices), graph, number[:, None] // powers.astype(np.uint8) % 3)

    def all_hashes(self) -> list[str]:
        """Return all module hashes."""
        return self._joined().split("\n")

    def are_right(self) -> bool:
        """Return whether these are the benchmark's cells, by the digests."""
        joined = self._joined().encode()
        codes = self.codes.astype("<u4").tobytes()
        return [hashlib.sha256(text).hexdigest() for text in (joined, codes)] == [HASHES_SHA256, CODES_SHA256]

    def _joined(self) -> str:
        return self.hashes.tobytes().hex("\n", 16)


def decode(code: int) -> Cell:
    """Return the cell of a code."""
    vertices, operations, mask = code >> 29, code >> 21 & 0xFF, code & 0x1FFFFF
    inside = vertices - 2
    edges = sorted((x, y) for x, y, bit in _bits(vertices) if mask >> bit & 1)
    return Cell(tuple(operations // 3**place % 3 for place in range(inside - 1, -1, -1)), tuple(edges))


def _bits(vertices: int) -> Iterator[tuple[int, int, int]]:
    """Yield (source, target, bit) of every possible edge."""
    for y in range(1, vertices):
        for x in range(y):
            yield x, y, x + y * (y - 1) // 2


def generate(progress: Callable[[int, int], None]) -> Cells:
    """Enumerate all cells: some 20 s on one core. `progress` gets the cells hashed and their total, now and then."""
    import numpy as np

    masks = {vertices: _first_masks(vertices) for vertices in range(2, MOST_VERTICES + 1)}
    total = sum(len(of) * len(OPERATIONS) ** (vertices - 2) for vertices, of in masks.items())
    done = 0
    hashes, codes = [], []
    for vertices, of in masks.items():
        labels = _labels(vertices)
        parts = []
        for part in _module_hashes(of, vertices, labels):
            parts.append(part)
            done += len(part)
            progress(done, total)
        found = np.concatenate(parts)
        first = np.unique(_keys(found), return_index=True)[1]
        hashes.append(found[first])
        mask, operations = of[first // len(labels)], (first % len(labels)).astype(np.uint32)
        codes.append(np.uint32(vertices << 29) | operations << np.uint32(21) | mask)
    unsorted = Cells(np.concatenate(hashes), np.concatenate(codes))
    order = unsorted.keys.argsort()
    return Cells(unsorted.hashes[order], unsorted.codes[order])


def masks_of(vertices: int) -> Codes:
    """Return all edge masks of so many vertices with at most 9 edges and no loose end, upwards."""
    import numpy as np

    masks = np.arange(1 << vertices * (vertices - 1) // 2, dtype=np.uint32)
    masks = masks[np.bitwise_count(masks) <= MOST_EDGES]
    for vertex in range(vertices):
        leaving = sum(1 << bit for x, _, bit in _bits(vertices) if x == vertex)
        entering = sum(1 << bit for _, y, bit in _bits(vertices) if y == vertex)
        for needed in (leaving, entering):
            if needed:  # nothing enters the input, nothing leaves the output
                masks = masks[(masks & np.uint32(needed)) != 0]
    return masks


def _first_masks(vertices: int) -> Codes:
    """Return the lowest mask of every isomorphism class of graphs, upwards."""
    import numpy as np

    masks = masks_of(vertices)
    hashes = np.concatenate(list(_module_hashes(masks, vertices, _labels(vertices)[:1])))
    return masks[np.sort(np.unique(_keys(hashes), return_index=True)[1])]


def _labels(vertices: int) -> Ints:
    """Return (3^(V-2), V) the labels of all vertices, in product order of the operations."""
    import numpy as np

    inside, number = vertices - 2, np.arange(len(OPERATIONS) ** (vertices - 2))
    labels = np.empty((len(number), vertices), dtype=np.int64)
    for vertex in range(inside):
        labels[:, vertex + 1] = number // len(OPERATIONS) ** (inside - 1 - vertex) % len(OPERATIONS)
    labels[:, 0], labels[:, -1] = -1, -2
    return labels


def _module_hashes(masks: Codes, vertices: int, labels: Ints) -> Iterator[Bytes]:
    """Yield (m x L, 16) the module hashes of some masks after the others, with each of the (L, V) labels."""
    from zsbench.spaces.cells101_hash import module_hashes

    step = max(1, _VERTEX_HASHES_AT_ONCE // labels.size)
    for start in range(0, len(masks), step):
        yield module_hashes(matrices_of(masks[start : start + step], vertices), labels)


def matrices_of(masks: Codes, vertices: int) -> NDArray[np.bool_]:
    """Return (m, V, V) the matrices of edge masks."""
    import numpy as np

    matrices = np.zeros((len(masks), vertices, vertices), dtype=bool)
    for x, y, bit in _bits(vertices):
        matrices[:, x, y] = masks >> np.uint32(bit) & np.uint32(1)
    return matrices


def _keys(hashes: Bytes) -> Keys:
    import numpy as np

    return np.ascontiguousarray(hashes[:, :8]).view(">u8")[:, 0].astype(np.uint64)
