"""Cells of four nodes and six edges, as in NAS-Bench-201 and TransNAS-Bench-101: which operations matter.

Node 0 is the input, node 3 the output; edges come in the order in which both benchmarks write them. `present` is
(n, 6): whether an edge of a cell holds any operation but none.

The isomorphism strings of both benchmarks write an operation out wherever its result goes, so that one convolution
whose result is used twice looks like two convolutions. `equal_networks` counts operations as they are built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zsbench.spaces.base import Bools, Ints

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of the six edges."""


def reached(present: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return for each node (n,) whether a path leads to it from the input."""
    import numpy as np

    reached = [np.ones(len(present), dtype=bool), present[:, 0]]
    reached.append(present[:, 1] | (present[:, 2] & reached[1]))
    reached.append(present[:, 3] | (present[:, 4] & reached[1]) | (present[:, 5] & reached[2]))
    return reached


def complete(present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (n,) whether every operation but none lies on a path from input to output; true without any operation."""
    import numpy as np

    from_input = reached(present)
    leads = {3: np.ones(len(present), dtype=bool), 2: present[:, 5]}
    leads[1] = present[:, 4] | (present[:, 2] & leads[2])
    on_path = np.stack([from_input[source] & leads[target] for source, target in EDGES], axis=1)
    complete: NDArray[np.bool_] = np.all(~present | on_path, axis=1)
    return complete


_INPUT, _OUTPUT = 0, len(EDGES) + 1
"""Vertices of the graph of operations; that of an edge is its place plus one."""
_INPUT_LABEL, _OUTPUT_LABEL = 100, 101
"""Unlike those of operations."""


def equal_networks(operations: Ints, passes: Bools, *, loose_ends: bool) -> NDArray[np.uint64]:
    """Return (n,) numbers that are equal for cells that are one network but for the order of nodes and of terms.

    `operations` is (n, 6), 0 where an edge holds none; `passes` is (n, 6): whether an edge hands on what it reads. With
    `loose_ends`, operations that read zeros, or whose result nothing reads, belong to the network; without, only
    those that the output depends on. Vertices are told apart by colour refinement (Weisfeiler and Leman, 1968) with
    hashes of 64 bits, which the tests hold against a search through all renamings.
    """
    import numpy as np

    reads, there = _graph(operations, passes, loose_ends=loose_ends)
    labels = np.pad(operations, ((0, 0), (1, 1)), constant_values=((0, 0), (_INPUT_LABEL, _OUTPUT_LABEL)))
    colours = _hashed(labels, 0)
    for _ in EDGES:
        sources = reads @ _hashed(colours, 1)[:, :, None]
        readers = reads.transpose(0, 2, 1) @ _hashed(colours, 2)[:, :, None]
        colours = _hashed(colours + _hashed(sources[:, :, 0], 3) + _hashed(readers[:, :, 0], 4), 0)
    alike: NDArray[np.uint64] = np.where(there, colours, 0).sum(axis=1)
    return alike


def _graph(operations: Ints, passes: Bools, *, loose_ends: bool) -> tuple[NDArray[np.uint64], Bools]:
    """Return (n, 8, 8) how often each vertex adds up the result of each other one, and (n, 8) which vertices exist."""
    import numpy as np

    sums = np.zeros((len(operations), 4, len(EDGES) + 2), np.uint64)
    sums[:, 0, _INPUT] = 1
    reads = np.zeros((len(operations), len(EDGES) + 2, len(EDGES) + 2), np.uint64)
    there = np.zeros(reads.shape[:2], dtype=bool)
    there[:, [_INPUT, _OUTPUT]] = True
    for vertex, (source, target) in enumerate(EDGES, start=1):
        some = operations[:, vertex - 1] != 0
        passed, runs = some & passes[:, vertex - 1], some & ~passes[:, vertex - 1]
        if not loose_ends:
            runs &= sums[:, source].any(axis=1)
        sums[passed, target] += sums[passed, source]
        sums[runs, target, vertex] += np.uint64(1)
        reads[runs, vertex] = sums[runs, source]
        there[:, vertex] = runs
    reads[:, _OUTPUT] = sums[:, 3]
    if not loose_ends:
        for vertex in reversed(range(_INPUT + 1, _OUTPUT)):
            there[:, vertex] &= (there & (reads[:, :, vertex] > 0)).any(axis=1)
        reads[~there] = 0
    return reads, there


def _hashed(numbers: NDArray[np.integer], salt: int) -> NDArray[np.uint64]:
    """Return other numbers for equal ones equal: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    import numpy as np

    mixed = numbers.astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
