"""The NAS-Bench-201 cell: its notations, its official order, and which cells are equal, complete or dead.

A cell has six edges, in the order of its string `|a~0|+|b~0|c~1|+|d~0|e~1|f~2|` (node 0 is the input, node 3 the
output; `c~1` comes from node 1). Everywhere in zsbench a cell is its six *digits*, indices into `OPERATIONS` in that
order. Definitions: Dong and Yang (ICLR 2020); isomorphism after the authors' unique string with zeros considered;
`complete` after Kadlecova et al. (2024). NATS-Bench's topology space is the same set of cells in the same order.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from zsbench.errors import UsageError, unknown_name
from zsbench.spaces import cell_four
from zsbench.spaces.base import parse_index
from zsbench.spaces.cell_four import EDGES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Digits: TypeAlias = tuple[int, ...]

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
SIZE: int = len(OPERATIONS) ** len(EDGES)
EXAMPLE = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|none~2|"

_TUPLE_OPERATIONS = (1, 0, 3, 2, 4)
"""NASLib counts skip_connect, none, nor_conv_3x3, nor_conv_1x1, avg_pool_3x3; as digits."""
_TUPLE_EDGES = (0, 1, 3, 2, 4, 5)
"""NASLib lists the edges by source (1-2, 1-3, 1-4, 2-3, 2-4, 3-4); as places in the string."""


@cache
def official_order() -> NDArray[np.int64]:
    """Return (15,625,) the rank of each official index in lexicographic order of the digits, last digit fastest.

    The authors shuffled the list of cells with Python's generator and seed 88; a digest in the tests guards it.
    """
    import numpy as np

    ranks = list(range(SIZE))
    random.Random(88).shuffle(ranks)
    return np.array(ranks)


@cache
def all_digits() -> NDArray[np.int64]:
    """Return (15,625, 6) the digits of every cell in official order."""
    import numpy as np

    powers = len(OPERATIONS) ** np.arange(len(EDGES) - 1, -1, -1)
    return official_order()[:, None] // powers % len(OPERATIONS)


@cache
def _official_index() -> NDArray[np.int64]:
    import numpy as np

    return np.argsort(official_order())


def digits_of(index: int) -> Digits:
    """Return the six digits of the cell with an official index."""
    return tuple(all_digits()[index].tolist())


def index_of(digits: Digits) -> int:
    """Return the official index of a cell."""
    rank = 0
    for digit in digits:
        rank = rank * len(OPERATIONS) + digit
    return int(_official_index()[rank])


def operations_of(digits: Digits) -> tuple[str, ...]:
    """Return the six operation names in the order of the string."""
    return tuple(OPERATIONS[digit] for digit in digits)


def to_string(digits: Digits) -> str:
    """Print a cell in the benchmark's own notation."""
    a, b, c, d, e, f = operations_of(digits)
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def to_key(digits: Digits) -> str:
    """Print a cell as six digits that index `OPERATIONS`."""
    return "".join(map(str, digits))


def to_tuple(digits: Digits) -> str:
    """Print a cell as the text of NASLib's tuple of integers (other orders of operations and of edges)."""
    return str(tuple(_TUPLE_OPERATIONS.index(digits[edge]) for edge in _TUPLE_EDGES))


def parse(text: str) -> Digits:
    """Read a cell in any notation: string, six-digit key, NASLib's tuple, or official index.

    Exactly six digits are always a key (`000011` is a cell, `11` an index). Raise `UsageError` that quotes the place
    where the text fails.
    """
    stripped = text.strip()
    if re.fullmatch(r"\d{6}", stripped, re.ASCII):
        return _parse_key(stripped)
    index = parse_index(stripped, SIZE)
    if index is not None:
        return digits_of(index)
    if stripped[:1] in {"(", "["}:
        return _parse_tuple(stripped)
    return _parse_string(stripped)


def _parse_key(text: str) -> Digits:
    for place, character in enumerate(text, start=1):
        if int(character) >= len(OPERATIONS):
            raise UsageError(
                f"digit {place} of the six-digit key {text!r} is {character}",
                "each digit is 0-4: " + ", ".join(f"{i} {name}" for i, name in enumerate(OPERATIONS)),
            )
    return tuple(map(int, text))


def _parse_tuple(text: str) -> Digits:
    closing = {"(": ")", "[": "]"}[text[0]]
    if not text.endswith(closing):
        raise UsageError(f"the tuple {text!r} does not end with {closing!r}")
    pieces = [piece.strip() for piece in text[1:-1].rstrip(", ").split(",")]
    if len(pieces) != len(EDGES):
        raise UsageError(f"the tuple {text!r} has {len(pieces)} numbers instead of 6")
    digits = [0] * len(EDGES)
    for place, piece in enumerate(pieces):
        if not re.fullmatch("[0-4]", piece):
            raise UsageError(
                f"number {place + 1} of the tuple {text!r} is {piece!r}",
                "0 skip_connect, 1 none, 2 nor_conv_3x3, 3 nor_conv_1x1, 4 avg_pool_3x3; "
                "edges 1-2, 1-3, 1-4, 2-3, 2-4, 3-4 (NASLib's encoding)",
            )
        digits[_TUPLE_EDGES[place]] = _TUPLE_OPERATIONS[int(piece)]
    return tuple(digits)


def _parse_string(text: str) -> Digits:
    if not text.startswith("|"):
        raise UsageError(f"cannot read {_quote(text)} as an architecture", f"write it like {EXAMPLE}, or its index")
    nodes = text.split("+")
    if len(nodes) != 3:
        raise UsageError(
            f"{_quote(text)} has {len(nodes)} nodes instead of 3 (joined by '+')", f"write it like {EXAMPLE}"
        )
    digits: list[int] = []
    start = 0
    for number, node in enumerate(nodes, start=1):
        digits += _parse_node(text, node, number, start)
        start += len(node) + 1
    return tuple(digits)


def _parse_node(text: str, node: str, number: int, start: int) -> list[int]:
    if len(node) < 2 or node[0] != "|" or node[-1] != "|":
        raise _misread(text, start, node, f"node {number} must begin and end with '|'")
    terms = node[1:-1].split("|")
    if len(terms) != number:
        raise _misread(text, start, node, f"node {number} has {len(terms)} operations instead of {number}")
    digits = []
    place = start + 1
    for source, term in enumerate(terms):
        name, _, origin = term.partition("~")
        if name not in OPERATIONS:
            hint = unknown_name("operation", name, OPERATIONS).hint
            raise _misread(text, place, name, "there is no such operation", hint)
        if origin != str(source):
            raise _misread(text, place, term, f"operation {source + 1} of node {number} must end with '~{source}'")
        digits.append(OPERATIONS.index(name))
        place += len(term) + 1
    return digits


def _misread(text: str, place: int, piece: str, why: str, hint: str = "") -> UsageError:
    message = f"cannot read {_quote(text)}: {why}, at character {place + 1}: {piece!r}"
    return UsageError(message, hint or f"write it like {EXAMPLE}")


def _quote(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")


@cache
def unique_strings() -> tuple[str, ...]:
    """Return every cell's isomorphism string in official order: 6,466 different ones.

    The authors' rule: a term whose operation is none or whose source is exactly zero is `#`, a skip is its source,
    anything else `(source)@operation`; a node is its sorted terms. A node with several zero terms is `#+#`, not `#`,
    so zeros don't propagate through it (full propagation would leave 5,390 classes). Equal strings are not always
    equal networks: see `twins`.
    """
    choices = range(len(OPERATIONS))
    lexicographic: list[str] = []
    for a in choices:
        first = _node(("0",), (a,))
        for b, c in itertools.product(choices, repeat=2):
            second = _node(("0", first), (b, c))
            sources = ("0", first, second)
            terms = [[_term(source, digit) for digit in choices] for source in sources]
            lexicographic += ["+".join(sorted(three)) for three in itertools.product(*terms)]
    return tuple(lexicographic[rank] for rank in official_order().tolist())


def _node(sources: Sequence[str], digits: Sequence[int]) -> str:
    return "+".join(sorted(_term(source, digit) for source, digit in zip(sources, digits, strict=True)))


def _term(source: str, digit: int) -> str:
    operation = OPERATIONS[digit]
    if operation == "none" or source == "#":
        return "#"
    return source if operation == "skip_connect" else f"({source})@{operation}"


@cache
def twins(*, loose_ends: bool) -> NDArray[np.int64]:
    """Return (15,625,) the lowest official index of an equal network: 8,050, or 5,425 that differ in what they compute.

    644 isomorphism strings stand for cells that compute different functions (a convolution used twice, or two), 721
    functions have several strings (zeros that the strings don't follow up).
    """
    import numpy as np

    cells = all_digits()
    alike = cell_four.equal_networks(cells, cells == OPERATIONS.index("skip_connect"), loose_ends=loose_ends)
    _, first, group = np.unique(alike, return_index=True, return_inverse=True)
    lowest: NDArray[np.int64] = first[group]
    return lowest


def dead() -> NDArray[np.bool_]:
    """Return (15,625,) whether no path leads from input to output: 341 cells."""
    import numpy as np

    return np.logical_not(cell_four.reached(_present())[3])


def complete() -> NDArray[np.bool_]:
    """Return (15,625,) whether every operation but none lies on a path from input to output: 9,445 cells.

    The cell without any operation counts, as in the literature that uses this subset.
    """
    return cell_four.complete(_present())


def depth() -> NDArray[np.int64]:
    """Return (15,625,) the most convolutions on a path of the cell from input to output; 0 without any such path."""
    import numpy as np

    convolutions = np.isin(all_digits(), [OPERATIONS.index(name) for name in ("nor_conv_1x1", "nor_conv_3x3")])
    present, nowhere = _present(), -len(EDGES)
    most = [np.zeros(SIZE, np.int64)]
    for node in (1, 2, 3):
        edges = [place for place, (_, target) in enumerate(EDGES) if target == node]
        ways = [np.where(present[:, e], most[EDGES[e][0]] + convolutions[:, e], nowhere) for e in edges]
        most.append(np.max(ways, axis=0))
    return np.maximum(most[3], 0)


def _present() -> NDArray[np.bool_]:
    import numpy as np

    return np.not_equal(all_digits(), OPERATIONS.index("none"))
