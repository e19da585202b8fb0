"""NAS-Bench-Macro: 6,561 chains of eight MobileNetV2-like layers on CIFAR-10 (Su et al., CVPR 2021).

An architecture is eight digits, layer by layer in stages of 2, 3 and 3: 0 identity, 1 inverted bottleneck with kernel 3
and expansion 3, 2 the same with kernel 5 and expansion 6. zsbench's index is their base-3 number; the authors give
none. An identity after a stage's first layer can stand anywhere in it: only 3,969 networks differ, and were trained.
The truth, `test`, is the best accuracy of 50 epochs on the test set, mean of three runs; there is no validation set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from zsbench.errors import UsageError
from zsbench.registry import space
from zsbench.spaces.base import Dataset, Floats, Ints, parse_index
from zsbench.truths.space import OfficialFile, SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

STAGES = (2, 3, 3)
"""Layers a stage; the first one of each halves the resolution and doubles the width."""
LAYERS: int = sum(STAGES)
SIZE: int = 3**LAYERS
OPERATIONS = ("identity", "mbconv_3x3_e3", "mbconv_5x5_e6")
BLOCKS = (None, (3, 3), (5, 6))
"""By digit: (kernel, expansion) of the inverted bottleneck, None for the identity."""
STEM, HEAD = 32, 1280
PLAN: tuple[tuple[int, int, int], ...] = tuple(
    (STEM << stage, STEM << (stage + 1), 2) if place == 0 else (STEM << (stage + 1), STEM << (stage + 1), 1)
    for stage, layers in enumerate(STAGES)
    for place in range(layers)
)
"""(inputs, outputs, stride) of the eight layers."""


class Macro(SpaceWithTruth):
    """The chains of NAS-Bench-Macro in the order of their base-3 numbers."""

    name = "macro"
    summary = "NAS-Bench-Macro: 6,561 chains of eight MobileNetV2-like layers on CIFAR-10"
    cite = "su2021macro"
    datasets = (Dataset("cifar10", 32, 10),)
    example = "02012100"

    def __len__(self) -> int:
        """Return 6,561."""
        return SIZE

    def arch(self, index: int) -> str:
        """Return the eight digits of an architecture."""
        return "".join(str(index // 3**place % 3) for place in range(LAYERS - 1, -1, -1))

    def index(self, text: str) -> int:
        """Return the index of eight digits, or of a shorter number: an index; raise `UsageError` for anything else."""
        text = text.strip()
        if re.fullmatch(r"[0-2]{8}", text):
            return int(text, 3)
        index = parse_index(text, SIZE) if len(text) < LAYERS else None
        if index is None:
            raise UsageError(
                f"cannot read {text!r} as an architecture", "write eight digits 0-2 such as 02012100, or an index"
            )
        return index

    def keys(self) -> Sequence[str]:
        """Return the digits with the identities after each stage's first layer moved to its end: 3,969 classes."""
        return [canonical(self.arch(index)) for index in range(SIZE)]

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the authors' JSON; see `zsbench.truths.macro_official`."""
        from zsbench.truths.macro_official import read_official

        read = partial(read_official, space=self)
        return (OfficialFile(("*.json", "*.json.gz"), "the official nas-bench-macro_cifar10.json", read),)

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the benchmark's network."""
        from zsbench.networks.mobile import chain_network

        blocks = [BLOCKS[int(digit)] for digit in self.arch(self.index(arch))]
        return chain_network(PLAN, blocks, HEAD, self.dataset(dataset).classes)

    def facts(self, index: int) -> dict[str, str | int]:
        """Return parameters and multiply-accumulates."""
        return {name: int(count[index]) for name, count in self.costs("cifar10").items()}

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) `params` and `flops`: multiply-accumulates of convolutions and linear layer, without its bias."""
        given = self.dataset(dataset)
        params, flops = _closed_forms()
        return {
            "params": (params + (HEAD + 1) * given.classes).astype(float),
            "flops": (flops + HEAD * given.classes).astype(float),
        }

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how many of the eight layers are of each kind."""
        return {name: (_digits() == digit).sum(axis=1) for digit, name in enumerate(OPERATIONS)}


def canonical(arch: str) -> str:
    """Move the identities after the first layer of each stage to the stage's end: the network stays the same."""
    parts = []
    for layers in STAGES:
        first, rest, arch = arch[0], arch[1:layers], arch[layers:]
        parts.append(first + rest.replace("0", "").ljust(layers - 1, "0"))
    return "".join(parts)


@cache
def _digits() -> Ints:
    """Return (n, 8) digits."""
    import numpy as np

    digits: Ints = np.arange(SIZE)[:, None] // 3 ** np.arange(LAYERS - 1, -1, -1) % 3
    return digits


@cache
def _closed_forms() -> tuple[Ints, Ints]:
    """Return (n,) parameters and multiply-accumulates, both without the linear layer."""
    import numpy as np

    side = 32
    params = np.full(SIZE, 27 * STEM + 2 * STEM + PLAN[-1][1] * HEAD + 2 * HEAD)
    macs = np.full(SIZE, 27 * STEM * side**2)
    for place, (inputs, outputs, stride) in enumerate(PLAN):
        costs = np.array([_layer_costs(inputs, outputs, stride, side, block) for block in BLOCKS])
        chosen = costs[_digits()[:, place]]
        params, macs, side = params + chosen[:, 0], macs + chosen[:, 1], side // stride
    return params, macs + PLAN[-1][1] * HEAD * side**2


def _layer_costs(inputs: int, outputs: int, stride: int, side: int, block: tuple[int, int] | None) -> tuple[int, int]:
    """Return parameters and multiply-accumulates of one layer, for inputs of `side` pixels a side."""
    after = (side // stride) ** 2
    if block is None:
        return (inputs * outputs + 2 * outputs, after * inputs * outputs) if stride > 1 else (0, 0)
    kernel, expansion = block
    hidden = expansion * inputs
    expand, depthwise, project = inputs * hidden, kernel**2 * hidden, hidden * outputs
    params = expand + depthwise + project + 4 * hidden + 2 * outputs
    return params, side**2 * expand + after * (depthwise + project)


space(Macro())
