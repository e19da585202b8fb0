"""TransNAS-Bench-101, cell level: 4,096 cells on seven tasks of Taskonomy (Duan et al., CVPR 2021).

`64-41414-a_bc_def`: operations on the edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3: 0 none, 1 skip, 2 conv 1x1, 3 conv 3x3; the
macro skeleton 41414 is the same for all. The index is the base-4 number of the six digits; that of the official API
is higher by 3,256, as it counts the macro space first. Where a cell halves the resolution, a skip from the input is a
strided convolution: isomorphism keys respect that. Zero inputs are taken to stay zero.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from zsbench.errors import UsageError
from zsbench.registry import space
from zsbench.spaces import cell_four
from zsbench.spaces.base import Bools, Floats, Ints, parse_index
from zsbench.spaces.transnas import STEM_PARAMS, Shape, TransNas, cell_shapes, convolution_costs, stem_macs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

MODULES = "41414"
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
SIZE: int = len(OPERATIONS) ** len(cell_four.EDGES)


class TransNasMicro(TransNas):
    """The cells of TransNAS-Bench-101 in their official order."""

    name = "transnas-micro"
    summary = "TransNAS-Bench-101, cell level: 4,096 cells on seven tasks"
    kind = "micro"
    example = "64-41414-1_02_333"

    def __len__(self) -> int:
        """Return 4,096."""
        return SIZE

    def arch(self, index: int) -> str:
        """Return the string of an architecture, such as `64-41414-1_02_333`."""
        a, b, c, d, e, f = digits_of(index)
        return f"64-{MODULES}-{a}_{b}{c}_{d}{e}{f}"

    def exchange_key(self, index: int) -> str:
        """Return the text of the tuple of the six digits."""
        return str(digits_of(index))

    def index(self, text: str) -> int:
        """Return the index of a cell: its string, `1_02_333`, six digits, the text of their tuple, or the index."""
        text = text.strip()
        key = re.fullmatch(
            rf"(?:64-{MODULES}-)?([0-3])_([0-3]{{2}})_([0-3]{{3}})|([0-3]{{6}})|[(]([0-3](?:, ?[0-3]){{5}})[)]", text
        )
        if key:
            return int(re.sub("[, ]", "", "".join(group or "" for group in key.groups())), 4)
        index = parse_index(text, SIZE) if len(text) < len(cell_four.EDGES) else None
        if index is None:
            raise UsageError(f"cannot read {text!r} as an architecture", f"write it like {self.example}, or its index")
        return index

    def keys(self) -> Sequence[str]:
        """Return the isomorphism strings of the cell that halves the resolution; equal there, equal everywhere."""
        return _keys()

    def twins(self, *, loose_ends: bool) -> Ints:
        """Return (n,) the lowest index of an equal network; isomorphic cells may differ, see `cell_four`."""
        return _twins(loose_ends=loose_ends)

    def valid(self) -> Bools:
        """Return (n,) whether every operation but none lies on an input-output path: 2,128, the empty cell included."""
        return cell_four.complete(_present())

    def dead(self) -> Bools:
        """Return (n,) whether no path leads from input to output: 169 cells."""
        import numpy as np

        return np.logical_not(cell_four.reached(_present())[3])

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how many of the six edges of every cell hold each operation."""
        return {name: (_digits() == digit).sum(axis=1) for digit, name in enumerate(OPERATIONS)}

    def modules(self, index: int) -> str:  # noqa: ARG002 (all have the same)
        """Return the macro skeleton."""
        return MODULES

    def encoder(self, index: int, shapes: Sequence[Shape]) -> nn.Sequential:
        """Build the encoder of a cell."""
        from zsbench.networks.transnas import micro_encoder

        return micro_encoder(digits_of(index), shapes)

    def encoder_costs(self, side: int) -> tuple[Floats, Floats]:
        """Return (n,) parameters and multiply-accumulates of every encoder, for inputs of `side` pixels a side."""
        import numpy as np

        table = np.array([_edge_costs(source, side) for source, _ in cell_four.EDGES], dtype=float)
        chosen = table[np.arange(len(cell_four.EDGES)), _digits()].sum(axis=1)
        return chosen[:, 0] + STEM_PARAMS, chosen[:, 1] + stem_macs(side)


def digits_of(index: int) -> tuple[int, ...]:
    """Return the six digits of a cell."""
    return tuple(int(index) // 4**place % 4 for place in range(5, -1, -1))


def _edge_costs(source: int, side: int) -> list[tuple[int, int]]:
    """Return by operation the (parameters, multiply-accumulates) of an edge from a node, over all cells."""
    side //= 4
    total = [[0, 0] for _ in OPERATIONS]
    for shape in cell_shapes(MODULES):
        side //= shape.stride
        changes = source == 0 and (shape.stride > 1 or shape.inputs != shape.outputs)
        inputs = shape.inputs if source == 0 else shape.outputs
        one, three = (convolution_costs(inputs, shape.outputs, kernel, side) for kernel in (1, 3))
        for place, (params, macs) in enumerate(((0, 0), one if changes else (0, 0), one, three)):
            total[place][0] += params
            total[place][1] += macs
    return [(params, macs) for params, macs in total]


@cache
def _keys() -> tuple[str, ...]:
    return tuple(_node(list(digits)) for digits in itertools.product(range(len(OPERATIONS)), repeat=6))


def _node(digits: list[int]) -> str:
    """Return the expression of the output; an empty one is zero, and terms of zero are left out."""
    nodes = ["x"]
    for node in (1, 2, 3):
        terms = []
        for edge, (source, target) in enumerate(cell_four.EDGES):
            if target != node or digits[edge] == 0 or not nodes[source]:
                continue
            kept = digits[edge] == 1 and source > 0
            terms.append(nodes[source] if kept else f"{digits[edge]}({nodes[source]})")
        nodes.append("+".join(sorted(terms)))
    return nodes[3]


@cache
def _twins(*, loose_ends: bool) -> Ints:
    """Return (n,) the lowest index whose cells are equal, both those that halve the resolution and the others."""
    import numpy as np

    skips = _digits() == OPERATIONS.index("skip_connect")
    kept = skips & [source > 0 for source, _ in cell_four.EDGES]
    alike = [cell_four.equal_networks(_digits(), passes, loose_ends=loose_ends) for passes in (skips, kept)]
    _, first, group = np.unique(np.stack(alike), axis=1, return_index=True, return_inverse=True)
    lowest: Ints = first[group]
    return lowest


@cache
def _digits() -> Ints:
    """Return (n, 6) digits."""
    import numpy as np

    digits: Ints = np.arange(SIZE)[:, None] // 4 ** np.arange(5, -1, -1) % 4
    return digits


def _present() -> NDArray[np.bool_]:
    import numpy as np

    return np.not_equal(_digits(), 0)


space(TransNasMicro())
