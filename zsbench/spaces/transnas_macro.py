"""TransNAS-Bench-101, macro level: 3,256 skeletons of residual blocks on seven tasks (Duan et al., CVPR 2021).

`64-1234-basic`: four to six modules of two blocks; 1 changes nothing, 2 doubles the channels, 3 halves the resolution,
4 does both. One to three modules double, one to four halve. The index is that of the official API. The BatchNorm in
the shortcuts has eps 1 and momentum 1, as the authors' code passes them by position: it is kept.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from zsbench.errors import UsageError
from zsbench.registry import space
from zsbench.spaces.base import Floats, Ints, parse_index
from zsbench.spaces.transnas import STEM_PARAMS, Shape, TransNas, cell_shapes, convolution_costs, stem_macs

if TYPE_CHECKING:
    from torch import nn

MODULES = ("normal", "channels_x2", "resolution_half", "both")
"""What the digits 1 to 4 do."""


class TransNasMacro(TransNas):
    """The skeletons of TransNAS-Bench-101 in their official order."""

    name = "transnas-macro"
    summary = "TransNAS-Bench-101, macro level: 3,256 skeletons of residual blocks on seven tasks"
    kind = "macro"
    example = "64-1234-basic"

    def __len__(self) -> int:
        """Return 3,256."""
        return len(official_order())

    def arch(self, index: int) -> str:
        """Return the string of an architecture, such as `64-1234-basic`."""
        return f"64-{self.modules(index)}-basic"

    def exchange_key(self, index: int) -> str:
        """Return the text of the tuple of the digits."""
        return str(tuple(map(int, self.modules(index))))

    def index(self, text: str) -> int:
        """Return the index of a skeleton: its string, the text of the tuple of its digits, or the index."""
        text = text.strip()
        index = parse_index(text, len(self))
        if index is not None:
            return index
        match = re.fullmatch(r"64-([1-4]{4,6})-basic|[(]([1-4](?:, ?[1-4]){3,5})[)]", text)
        digits = re.sub("[, ]", "", match[1] or match[2]) if match else ""
        if digits not in _places():
            raise UsageError(
                f"cannot read {text!r} as an architecture",
                f"write it like {self.example} (four to six modules; one to three of 2 or 4, one to four of 3 or 4)",
            )
        return _places()[digits]

    def keys(self) -> Sequence[str]:
        """Return the digits: no two networks are equal."""
        return official_order()

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how many modules of every skeleton are of each kind."""
        import numpy as np

        return {
            name: np.array([modules.count(str(digit)) for modules in official_order()])
            for digit, name in enumerate(MODULES, start=1)
        }

    def modules(self, index: int) -> str:
        """Return the digits of a skeleton."""
        return official_order()[index]

    def encoder(self, index: int, shapes: Sequence[Shape]) -> nn.Sequential:  # noqa: ARG002 (the shapes say all)
        """Build the encoder of a skeleton."""
        from zsbench.networks.transnas import macro_encoder

        return macro_encoder(shapes)

    def encoder_costs(self, side: int) -> tuple[Floats, Floats]:
        """Return (n,) parameters and multiply-accumulates of every encoder, for inputs of `side` pixels a side."""
        return _encoder_costs(side)


@cache
def _encoder_costs(side: int) -> tuple[Floats, Floats]:
    import numpy as np

    costs = np.array([_block_costs(cell_shapes(modules), side) for modules in official_order()], dtype=float)
    return costs[:, 0] + STEM_PARAMS, costs[:, 1] + stem_macs(side)


def _block_costs(shapes: Sequence[Shape], side: int) -> tuple[int, int]:
    params = macs = 0
    side //= 4
    for inputs, outputs, stride in shapes:
        side //= stride
        parts = [convolution_costs(inputs, outputs, 3, side), convolution_costs(outputs, outputs, 3, side)]
        if stride > 1 or inputs != outputs:
            parts.append(convolution_costs(inputs, outputs, 1, side))
        params += sum(part[0] for part in parts)
        macs += sum(part[1] for part in parts)
    return params, macs


@cache
def official_order() -> tuple[str, ...]:
    """Return the digits of all skeletons in the order of the official API."""
    return tuple(_skeletons())


@cache
def _places() -> dict[str, int]:
    return {modules: index for index, modules in enumerate(official_order())}


def _skeletons() -> Iterator[str]:
    """Yield by length, number of doublings, number of halvings, their places, in lexicographic order each."""
    for length, doublings, halvings in itertools.product((4, 5, 6), (1, 2, 3), (1, 2, 3, 4)):
        places = range(length)
        for doubled in itertools.combinations(places, doublings):
            for halved in itertools.combinations(places, halvings):
                yield "".join(str(1 + (place in doubled) + 2 * (place in halved)) for place in places)


space(TransNasMacro())
