"""The NAS-Bench-101 cell: its notations, pruning and module hash.

A cell is a graph of 2 to 7 vertices in a fixed order (vertex 0 is the input, the last one the output) with at most 9
edges, each from a lower to a higher vertex, and an operation on every vertex between. zsbench writes it as the
vertices after the input in order, each with those that feed it: `conv3x3~0+maxpool3x3~01+output~12` is a conv3x3 of the
input, a pooling of the sum of input and conv, and the concatenation of both. Definitions: Ying et al. (ICML 2019).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

from zsbench.errors import UsageError, unknown_name

OPERATIONS = ("conv3x3", "conv1x1", "maxpool3x3")
"""In the order of the benchmark's own numbers; its own names end in -bn-relu for the convolutions."""
OFFICIAL = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
MOST_VERTICES = 7
MOST_EDGES = 9
EXAMPLE = "conv3x3~0+maxpool3x3~01+output~12"

_TUPLE = ("input", "output", "maxpool3x3", "conv1x1", "conv3x3")
"""The order of operations in NASLib's tuple."""


@dataclass(frozen=True)
class Cell:
    """A cell: `operations` of the interior vertices, indices into `OPERATIONS`; `edges` (source, target), sorted."""

    operations: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]

    @property
    def vertices(self) -> int:
        """Number of vertices, input and output included."""
        return len(self.operations) + 2

    def sources(self, vertex: int) -> list[int]:
        """Return the vertices that feed a vertex."""
        return [source for source, target in self.edges if target == vertex]

    def targets(self, vertex: int) -> list[int]:
        """Return the vertices that a vertex feeds."""
        return [target for source, target in self.edges if source == vertex]

    def matrix(self) -> list[list[int]]:
        """Return the upper-triangular 0/1 matrix, row by row."""
        known, size = set(self.edges), range(self.vertices)
        return [[int((source, target) in known) for target in size] for source in size]

    def labels(self) -> list[str]:
        """Return the benchmark's own labels of all vertices."""
        return ["input", *(OFFICIAL[operation] for operation in self.operations), "output"]

    def __str__(self) -> str:
        """Print the cell in zsbench's notation."""
        names = [*(OPERATIONS[operation] for operation in self.operations), "output"]
        return "+".join(
            f"{name}~{''.join(map(str, self.sources(vertex)))}" for vertex, name in enumerate(names, start=1)
        )


def prune(cell: Cell) -> Cell:
    """Drop every vertex that does not lie on a path from input to output, and check the benchmark's limits.

    Raise `UsageError` if no such path exists, or more than 7 vertices or 9 edges remain.
    """
    last = cell.vertices - 1
    kept = sorted(_reach(0, cell.targets) & _reach(last, cell.sources))
    if not kept:
        raise UsageError("no path leads from the input to the output of this cell", "the benchmark has no such cells")
    place = {vertex: number for number, vertex in enumerate(kept)}
    edges = tuple((place[s], place[t]) for s, t in cell.edges if s in place and t in place)
    if len(kept) > MOST_VERTICES or len(edges) > MOST_EDGES:
        raise UsageError(
            f"this cell has {len(kept)} vertices and {len(edges)} edges that matter",
            f"the benchmark has at most {MOST_VERTICES} and {MOST_EDGES}",
        )
    return Cell(tuple(cell.operations[vertex - 1] for vertex in kept[1:-1]), edges)


def _reach(start: int, neighbours: Callable[[int], Iterable[int]]) -> set[int]:
    reached: set[int] = set()
    waiting = [start]
    while waiting:
        vertex = waiting.pop()
        if vertex not in reached:
            reached.add(vertex)
            waiting += neighbours(vertex)
    return reached


def module_hash(cell: Cell) -> str:
    """Return the benchmark's primary key of a pruned cell: 32 hexadecimal digits, equal for isomorphic cells."""
    labels = [-1, *cell.operations, -2]
    sources = [cell.sources(vertex) for vertex in range(cell.vertices)]
    targets = [cell.targets(vertex) for vertex in range(cell.vertices)]
    hashes = [_md5(str((len(t), len(s), label))) for s, t, label in zip(sources, targets, labels, strict=True)]
    for _ in hashes:
        hashes = [
            _md5(f"{_joined(hashes, s)}|{_joined(hashes, t)}|{own}")
            for s, t, own in zip(sources, targets, hashes, strict=True)
        ]
    return _md5(str(sorted(hashes)))


def _joined(hashes: Sequence[str], vertices: Sequence[int]) -> str:
    return "".join(sorted(hashes[vertex] for vertex in vertices))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def to_tuple(cell: Cell) -> str:
    """Print a cell as NASLib's 56 numbers: a 7x7 matrix by rows, then 7 operations.

    A smaller cell is filled up with poolings that nothing feeds, in front of the output.
    """
    added = MOST_VERTICES - cell.vertices
    last = cell.vertices - 1
    edges = {(s, t + added if t == last else t) for s, t in cell.edges}
    size = range(MOST_VERTICES)
    numbers = [int((source, target) in edges) for source in size for target in size]
    names = ["input", *(OPERATIONS[operation] for operation in cell.operations), *["maxpool3x3"] * added, "output"]
    return str((*numbers, *map(_TUPLE.index, names)))


def parse(text: str) -> Cell:
    """Read a cell in zsbench's notation, or as the text of NASLib's tuple (n x n matrix by rows, then n operations).

    It is returned as written; see `prune`. Raise `UsageError` that quotes the place where the text fails.
    """
    stripped = text.strip()
    return _parse_tuple(stripped) if stripped[:1] in {"(", "["} else _parse_notation(stripped)


def _parse_tuple(text: str) -> Cell:
    closing = {"(": ")", "[": "]"}[text[0]]
    if not text.endswith(closing):
        raise UsageError(f"the tuple {_quote(text)} does not end with {closing!r}")
    pieces = [piece.strip() for piece in text[1:-1].rstrip(", ").split(",")]
    size = next((n for n in range(2, MOST_VERTICES + 1) if n * n + n == len(pieces)), 0)
    if not size:
        raise UsageError(
            f"the tuple {_quote(text)} has {len(pieces)} numbers", "56: a 7x7 matrix by rows, then 7 operations"
        )
    rows = [[_digit(text, pieces, size * s + t, "01") for t in range(size)] for s in range(size)]
    names = [_TUPLE[_digit(text, pieces, place, "01234")] for place in range(size * size, len(pieces))]
    if names[0] != "input" or names[-1] != "output" or {"input", "output"} & set(names[1:-1]):
        raise UsageError(
            f"the operations of the tuple {_quote(text)} must begin with 0 and end with 1, and only there",
            "0 input, 1 output, 2 maxpool3x3, 3 conv1x1, 4 conv3x3 (NASLib's encoding)",
        )
    edges = [(s, t) for s in range(size) for t in range(size) if rows[s][t]]
    if any(s >= t for s, t in edges):
        raise UsageError(f"the matrix of the tuple {_quote(text)} is not strictly upper triangular")
    return Cell(tuple(OPERATIONS.index(name) for name in names[1:-1]), tuple(edges))


def _digit(text: str, pieces: Sequence[str], place: int, allowed: str) -> int:
    piece = pieces[place]
    if len(piece) != 1 or piece not in allowed:
        raise UsageError(
            f"number {place + 1} of the tuple {_quote(text)} is {piece!r}",
            "the matrix holds 0 and 1; operations: 0 input, 1 output, 2 maxpool3x3, 3 conv1x1, 4 conv3x3",
        )
    return int(piece)


def _parse_notation(text: str) -> Cell:
    if "~" not in text:
        raise UsageError(
            f"cannot read {_quote(text)} as an architecture",
            f"write it like {EXAMPLE}, or its module hash, tuple or index",
        )
    operations: list[int] = []
    edges: list[tuple[int, int]] = []
    terms = list(_terms(text))
    for vertex, (place, name, sources) in enumerate(terms, start=1):
        if vertex == len(terms):
            if name != "output":
                raise _misread(text, place, name, "the last vertex must be the output")
        elif name not in OPERATIONS:
            hint = unknown_name("operation", name, OPERATIONS).hint
            raise _misread(text, place, name, "there is no such operation", hint)
        else:
            operations.append(OPERATIONS.index(name))
        for digit in sources:
            if digit not in "0123456789"[:vertex] or sources.count(digit) > 1:
                why = f"vertex {vertex} can be fed by vertices 0 to {vertex - 1}, by each once"
                raise _misread(text, place + len(name) + 1, sources, why)
            edges.append((int(digit), vertex))
    return Cell(tuple(operations), tuple(sorted(edges)))


def _terms(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (place in the text, operation, sources) of each vertex after the input."""
    start = 0
    for term in text.split("+"):
        name, tilde, sources = term.partition("~")
        if not tilde:
            raise _misread(text, start, term, "a vertex is written OPERATION~SOURCES")
        # The benchmark's own names are understood as well.
        yield start, re.sub("-bn-relu$", "", name), sources
        start += len(term) + 1


def _misread(text: str, place: int, piece: str, why: str, hint: str = "") -> UsageError:
    message = f"cannot read {_quote(text)}: {why}, at character {place + 1}: {piece!r}"
    return UsageError(message, hint or f"write it like {EXAMPLE}")


def _quote(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
