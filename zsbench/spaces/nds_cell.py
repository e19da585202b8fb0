"""A network of an NDS cell family: two cells, a width and a depth; its notation, and when two are one network.

Written `w32d12/NORMAL/REDUCE`; a cell lists its nodes, two inputs each, and behind `>` the states that it
concatenates: `skip_connect~0+sep_conv_3x3~1|none~2+max_pool_3x3~0>2.3`. State 0 is the output of the cell before the
previous one, state 1 that of the previous one, state 2 the first node. The auxiliary head and drop path of the
trainings are no part of the network: parameters and scores leave them out.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from zsbench.errors import UsageError, unknown_name

Edge: TypeAlias = tuple[str, int]
"""An operation and the state that it reads."""

INPUTS = 2
NONE = "none"
EXAMPLE = "w16d8/skip_connect~0+sep_conv_3x3~1|...>2.3.4.5/...>2.3.4.5"


@dataclass(frozen=True)
class Family:
    """What a cell family's networks are made of: how many nodes a cell has, and the names of its operations."""

    nodes: int
    operations: tuple[str, ...]

    @property
    def example(self) -> str:
        """A network as it is written."""
        cell = Cell((("skip_connect", 0), ("sep_conv_3x3", 1)) * self.nodes, tuple(range(2, 2 + self.nodes)))
        return str(CellNet(16, 8, cell, cell))

    def parse(self, text: str) -> CellNet:
        """Read an architecture; raise `UsageError` that says where the text fails."""
        return parse(text, self)


@dataclass(frozen=True)
class Cell:
    """A cell: two edges a node, and which states are concatenated."""

    edges: tuple[Edge, ...]
    concat: tuple[int, ...]

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self.edges) // 2

    def inputs(self, node: int) -> tuple[Edge, Edge]:
        """Return the two edges of a node, counted from 0."""
        return self.edges[2 * node], self.edges[2 * node + 1]

    def __str__(self) -> str:
        """Print the cell as in an architecture's text."""
        nodes = ("+".join(f"{operation}~{state}" for operation, state in self.inputs(n)) for n in range(self.nodes))
        return f"{'|'.join(nodes)}>{'.'.join(map(str, self.concat))}"


@dataclass(frozen=True)
class CellNet:
    """A network of a cell family: `depth` cells, of which those at depth // 3 and 2 depth // 3 reduce and double."""

    width: int
    depth: int
    normal: Cell
    reduce: Cell

    def __str__(self) -> str:
        """Print the architecture."""
        return f"w{self.width}d{self.depth}/{self.normal}/{self.reduce}"

    def sizes(self) -> dict[str, int]:
        """Return how many cells there are, and the width of the first."""
        return {"depth": self.depth, "width": self.width}

    def reductions(self) -> set[int]:
        """Return the positions of the reduction cells."""
        return {self.depth // 3, 2 * self.depth // 3}

    def key(self) -> str:
        """Return a text that is equal for equal networks: up to the order of nodes, and of a node's inputs."""
        return f"w{self.width}d{self.depth}/{_canonical(self.normal)}/{_canonical(self.reduce)}"

    def operations(self) -> Counter[str]:
        """Return how often either cell has each operation, together."""
        return Counter(operation for cell in (self.normal, self.reduce) for operation, _ in cell.edges)

    def is_complete(self) -> bool:
        """Return whether every operation but none lies on a path from a cell's inputs to its output."""
        return _is_complete(self.normal) and _is_complete(self.reduce)

    def is_dead(self) -> bool:
        """Return whether no path leads from the images to the classifier."""
        before, last = True, True
        for position in range(self.depth):
            cell = self.reduce if position in self.reductions() else self.normal
            before, last = last, _output_is_reached(cell, before, last)
        return not last


def _output_is_reached(cell: Cell, *inputs: bool) -> bool:
    return any(_reached(cell, inputs)[state] for state in cell.concat)


def _reached(cell: Cell, inputs: Sequence[bool]) -> list[bool]:
    states = list(inputs)
    for node in range(cell.nodes):
        states.append(any(operation != NONE and states[state] for operation, state in cell.inputs(node)))
    return states


def _is_complete(cell: Cell) -> bool:
    reached = _reached(cell, (True,) * INPUTS)
    leads = [state in cell.concat for state in range(INPUTS + cell.nodes)]
    for node in reversed(range(cell.nodes)):
        for operation, state in cell.inputs(node):
            leads[state] |= operation != NONE and leads[INPUTS + node]
    return all(
        operation == NONE or (reached[state] and leads[INPUTS + place // 2])
        for place, (operation, state) in enumerate(cell.edges)
    )


def _canonical(cell: Cell) -> str:
    """Print the cell with its nodes in an order that does not depend on the one given.

    Nodes are sorted by what they compute; where several compute the same, the least text over their orders is taken.
    """
    labels = _labels(cell)
    groups = [[node for node in range(cell.nodes) if labels[node] == label] for label in sorted(set(labels))]
    orders = itertools.product(*(itertools.permutations(group) for group in groups))
    return min(_renumbered(cell, list(itertools.chain(*order))) for order in orders)


def _labels(cell: Cell) -> list[str]:
    expressions = [str(state) for state in range(INPUTS)]
    for node in range(cell.nodes):
        terms = [NONE if op == NONE else f"{op}({expressions[state]})" for op, state in cell.inputs(node)]
        expressions.append("+".join(sorted(terms)))
    return [f"{text}{'>' * cell.concat.count(state)}" for state, text in enumerate(expressions)][INPUTS:]


def _renumbered(cell: Cell, order: Sequence[int]) -> str:
    number = {state: state for state in range(INPUTS)} | {INPUTS + old: INPUTS + new for new, old in enumerate(order)}
    nodes = (
        "+".join(sorted(NONE if op == NONE else f"{op}~{number[state]}" for op, state in cell.inputs(old)))
        for old in order
    )
    return f"{'|'.join(nodes)}>{'.'.join(map(str, sorted(number[state] for state in cell.concat)))}"


def parse(text: str, family: Family) -> CellNet:
    """Read an architecture of a family; raise `UsageError` that says where the text fails."""
    parts = text.strip().split("/")
    numbers = re.fullmatch(r"w(\d{1,4})d(\d{1,3})", parts[0], re.ASCII)
    if numbers is None or len(parts) != 3:
        raise UsageError(
            f"cannot read {_quote(text)}: not a width and depth and two cells, joined by '/'",
            f"write it like {EXAMPLE}",
        )
    cells = [_parse_cell(part, name) for part, name in zip(parts[1:], ("normal", "reduction"), strict=True)]
    return checked(CellNet(int(numbers[1]), int(numbers[2]), *cells), family)


def _parse_cell(text: str, name: str) -> Cell:
    nodes, mark, concat = text.partition(">")
    if not mark or not re.fullmatch(r"\d{1,2}(\.\d{1,2})*", concat, re.ASCII):
        raise UsageError(
            f"cannot read the {name} cell {_quote(text)}: it must end with '>' and the concatenated states",
            f"write it like {EXAMPLE}",
        )
    return Cell(tuple(_parse_edges(nodes, name)), tuple(map(int, concat.split("."))))


def _parse_edges(text: str, name: str) -> Iterator[Edge]:
    for number, node in enumerate(text.split("|"), start=1):
        terms = node.split("+")
        if len(terms) != 2:
            raise UsageError(f"node {number} of the {name} cell has {len(terms)} inputs instead of 2: {_quote(node)}")
        for term in terms:
            operation, mark, state = term.partition("~")
            if not mark or not re.fullmatch(r"\d{1,2}", state, re.ASCII):
                raise UsageError(
                    f"cannot read {_quote(term)} in node {number} of the {name} cell", "write it like sep_conv_3x3~0"
                )
            yield operation, int(state)


def checked(net: CellNet, family: Family) -> CellNet:
    """Return the network if it is one of the family; raise `UsageError` that says what is off."""
    if net.width < 2 or net.width % 2 or net.depth < 1:
        raise UsageError(f"there is no network of width {net.width} and depth {net.depth}", "an even width, 2 or more")
    for name, cell in (("normal", net.normal), ("reduction", net.reduce)):
        if len(cell.edges) != 2 * family.nodes:
            raise UsageError(f"the {name} cell has {len(cell.edges)} operations instead of {2 * family.nodes}")
        for place, (operation, state) in enumerate(cell.edges):
            if operation not in family.operations:
                raise unknown_name("operation", operation, family.operations)
            if not 0 <= state < INPUTS + place // 2:
                raise UsageError(f"node {place // 2 + 1} of the {name} cell cannot read state {state}")
        _check_concat(cell, name)
    return net


def _check_concat(cell: Cell, name: str) -> None:
    # States 0 and 1 of a reduction cell have another resolution than its nodes.
    allowed = range(0 if name == "normal" else INPUTS, INPUTS + cell.nodes)
    if not cell.concat or len(set(cell.concat)) != len(cell.concat) or not set(cell.concat) <= set(allowed):
        raise UsageError(
            f"the {name} cell cannot concatenate the states {', '.join(map(str, cell.concat)) or '(none)'}",
            f"it can concatenate {allowed[0]} to {allowed[-1]}, each once",
        )


def _quote(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
