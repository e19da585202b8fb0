"""A network of an NDS family of stages (ResNet, ResNeXt, plain): its notation.

Written `res_bottleneck_block/16k3s1/16x64s1b0.25g2/1x128s2b0.25g1/4x16s2b0.25g2`: the block; the stem's width, kernel
and stride (`p` if a 3x3 max pooling of stride 2 follows); for each stage its depth x width, stride, and for bottleneck
blocks the bottleneck multiplier and the number of groups.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from zsbench.errors import UsageError, unknown_name

PLAIN = "double_plain_block"
BASIC = "res_basic_block"
BOTTLENECK = "res_bottleneck_block"
BLOCKS = (PLAIN, BASIC, BOTTLENECK)
EXAMPLE = "res_basic_block/16k3s1/12x24s1/12x32s2/12x40s2"

_NUMBER = r"([1-9]\d{0,3})"
_STEM = re.compile(rf"{_NUMBER}k([37])s([12])(p?)", re.ASCII)
_STAGE = re.compile(rf"{_NUMBER}x{_NUMBER}s([12])(?:b([\d.]{{1,20}})g{_NUMBER})?", re.ASCII)


@dataclass(frozen=True)
class Stem:
    """A convolution from the image, BatchNorm and ReLU, then perhaps a 3x3 max pooling of stride 2."""

    width: int
    kernel: int
    stride: int
    pooled: bool = False

    def __str__(self) -> str:
        """Print the stem as in an architecture's text."""
        return f"{self.width}k{self.kernel}s{self.stride}{'p' * self.pooled}"


@dataclass(frozen=True)
class Stage:
    """`depth` blocks of a width, the first with the stride; bottleneck blocks have a multiplier and groups as well."""

    depth: int
    width: int
    stride: int
    bottleneck: float = 1.0
    groups: int = 1

    @property
    def inner(self) -> int:
        """The width inside a bottleneck block."""
        return round(self.width * self.bottleneck)


@dataclass(frozen=True)
class StageNet:
    """A stem and stages of one kind of block."""

    block: str
    stem: Stem
    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        """Print the architecture."""
        return "/".join((self.block, str(self.stem), *map(self._print, self.stages)))

    def _print(self, stage: Stage) -> str:
        inside = f"b{stage.bottleneck!r}g{stage.groups}" if self.block == BOTTLENECK else ""
        return f"{stage.depth}x{stage.width}s{stage.stride}{inside}"

    def sizes(self) -> dict[str, int]:
        """Return how many blocks there are."""
        return {"depth": sum(stage.depth for stage in self.stages)}

    def key(self) -> str:
        """Return the text itself: no two texts are one network."""
        return str(self)

    def operations(self) -> Counter[str]:
        """Return nothing: there are no operations to choose from."""
        return Counter()

    def is_complete(self) -> bool:
        """Return True: every block matters."""
        return True

    def is_dead(self) -> bool:
        """Return False: stages are a chain."""
        return False


@dataclass(frozen=True)
class Family:
    """Which blocks a family's networks may be made of: one of these."""

    blocks: tuple[str, ...]
    operations: tuple[str, ...] = ()
    """There are none to choose from."""

    @property
    def example(self) -> str:
        """A network as it is written."""
        return str(StageNet(self.blocks[0], Stem(16, 3, 1), (Stage(12, 24, 1), Stage(12, 32, 2), Stage(12, 40, 2))))

    def parse(self, text: str) -> StageNet:
        """Read an architecture; raise `UsageError` that says where the text fails."""
        return parse(text, self)


def parse(text: str, family: Family) -> StageNet:
    """Read an architecture of a family; raise `UsageError` that says where the text fails."""
    name, *parts = text.strip().split("/")
    if name not in BLOCKS:
        raise unknown_name("block", name, BLOCKS)
    stem = _STEM.fullmatch(parts[0]) if parts else None
    if stem is None:
        raise UsageError(f"cannot read {text!r}: no stem such as 16k3s1 follows the block", f"write it like {EXAMPLE}")
    stages = tuple(_parse_stage(part, name) for part in parts[1:])
    return checked(StageNet(name, Stem(int(stem[1]), int(stem[2]), int(stem[3]), bool(stem[4])), stages), family)


def _parse_stage(text: str, block: str) -> Stage:
    found = _STAGE.fullmatch(text)
    if found is None or (found[4] is not None) != (block == BOTTLENECK):
        example = "16x64s1b0.25g2" if block == BOTTLENECK else "16x64s1"
        raise UsageError(f"cannot read the stage {text!r} of a {block}", f"write it like {example}")
    depth, width, stride = (int(found[number]) for number in (1, 2, 3))
    if found[4] is None:
        return Stage(depth, width, stride)
    try:
        return Stage(depth, width, stride, float(found[4]), int(found[5]))
    except ValueError:
        raise UsageError(f"the stage {text!r} has no number {found[4]}", "write it like 16x64s1b0.25g2") from None


def checked(net: StageNet, family: Family) -> StageNet:
    """Return the network if it can be built and is one of the family; raise `UsageError` that says what is off."""
    if net.block not in family.blocks:
        raise UsageError(f"its blocks are {net.block}, not {' or '.join(family.blocks)}")
    if not net.stages:
        raise UsageError("it has no stages", f"write it like {EXAMPLE}")
    for number, stage in enumerate(net.stages, start=1):
        if stage.depth < 1 or stage.width < 1 or stage.stride not in {1, 2}:
            raise UsageError(f"stage {number} has depth {stage.depth}, width {stage.width} and stride {stage.stride}")
        if stage.inner < 1 or stage.groups < 1 or stage.inner % stage.groups:
            raise UsageError(f"stage {number} cannot split {stage.inner} inner channels into {stage.groups} groups")
    return net
