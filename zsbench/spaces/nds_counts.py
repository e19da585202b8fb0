"""Parameters and multiply-accumulates of NDS networks by arithmetic, without building them.

A second account beside the networks themselves: the import holds every entry of an official file against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from zsbench.spaces.base import Dataset
from zsbench.spaces.nds_cell import Cell, CellNet
from zsbench.spaces.nds_stages import BOTTLENECK, PLAIN, StageNet

CIFAR10 = Dataset("cifar10", 32, 10)
IMAGENET = Dataset("imagenet", 224, 1000)


@dataclass(frozen=True)
class Counts:
    """What a part of a network has and does on one image."""

    params: int = 0
    macs: int = 0
    """Multiply-accumulates of convolutions and linear layers, biases left out."""
    normalised: int = 0
    """Output elements of BatchNorms."""
    biases: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Return both together."""
        return Counts(
            self.params + other.params,
            self.macs + other.macs,
            self.normalised + other.normalised,
            self.biases + other.biases,
        )

    def __mul__(self, times: int) -> Counts:
        """Return so many of it."""
        return Counts(self.params * times, self.macs * times, self.normalised * times, self.biases * times)

    @property
    def anynet_flops(self) -> int:
        """What the official files call flops, found from their entries of the families of stages."""
        return self.macs + 5 * self.normalised + self.biases


def count(net: CellNet | StageNet, dataset: Dataset) -> Counts:
    """Count what a network has and does on a dataset."""
    if isinstance(net, StageNet):
        return count_stages(net, dataset.size, dataset.classes)
    return count_cells(net, dataset.size, dataset.classes, imagenet=dataset == IMAGENET)


def halved(size: int) -> int:
    """Return the size after stride 2 with "same" padding."""
    return (size + 1) // 2


def _conv(inputs: int, outputs: int, area: int, size: int, groups: int = 1) -> Counts:
    weights = inputs // groups * outputs * area
    return Counts(weights, weights * size**2)


def _norm(channels: int, size: int) -> Counts:
    return Counts(2 * channels, 0, channels * size**2)


def _linear(inputs: int, outputs: int) -> Counts:
    return Counts((inputs + 1) * outputs, inputs * outputs, 0, outputs)


def _conv_norm(inputs: int, outputs: int, area: int, size: int, groups: int = 1) -> Counts:
    return _conv(inputs, outputs, area, size, groups) + _norm(outputs, size)


@cache
def _operation(name: str, width: int, stride: int, size: int) -> Counts:
    """Count an operation of a cell on `size` x `size` outputs."""
    kind, _, kernel = name.rpartition("_")
    area = int(kernel[0]) ** 2 if kernel[0].isdecimal() else 0
    separable = _conv(width, width, area, size, width) + _conv_norm(width, width, 1, size)
    match kind:
        case "sep_conv" | "dil_sep_conv":
            return separable * 2
        case "dil_conv":
            return separable
        case "conv":
            return _conv_norm(width, width, area, size)
        case "conv_3x1" | "conv_7x1":
            length = int(kernel[2])
            first = Counts(width**2 * length, width**2 * length * size**2 * stride)  # one axis is still full
            return first + _conv_norm(width, width, length, size)
        case "skip" if stride == 2:
            return _conv_norm(width, width, 1, size)
    return Counts()


def _cell(cell: Cell, before: int, last: int, width: int, size: int, *, reduce: bool) -> Counts:
    """Count a cell whose inputs, preprocessed, are `size` x `size`."""
    total = _conv_norm(before, width, 1, size) + _conv_norm(last, width, 1, size)
    after = halved(size) if reduce else size
    for name, state in cell.edges:
        total += _operation(name, width, 2 if reduce and state < 2 else 1, after)
    return total


def count_cells(net: CellNet, size: int, classes: int, *, imagenet: bool) -> Counts:
    """Count a network of a cell family on images of `size` pixels a side."""
    if imagenet:
        half, quarter, size = halved(size), halved(halved(size)), halved(halved(halved(size)))
        c = net.width
        total = _conv_norm(3, c // 2, 9, half) + _conv_norm(c // 2, c, 9, quarter) + _conv_norm(c, c, 9, size)
        before = last = c
    else:
        before = last = 3 * net.width
        total = _conv_norm(3, last, 9, size)
    width = net.width
    for position in range(net.depth):
        reduce = position in net.reductions()
        width *= 2 if reduce else 1
        cell = net.reduce if reduce else net.normal
        total += _cell(cell, before, last, width, size, reduce=reduce)
        before, last = last, len(cell.concat) * width
        size = halved(size) if reduce else size
    return total + _linear(last, classes)


def count_stages(net: StageNet, size: int, classes: int) -> Counts:
    """Count a network of stages on images of `size` pixels a side."""
    size = halved(size) if net.stem.stride == 2 else size
    total = _conv_norm(3, net.stem.width, net.stem.kernel**2, size)
    size = halved(size) if net.stem.pooled else size
    width = net.stem.width
    for stage in net.stages:
        after = halved(size) if stage.stride == 2 else size
        shape = (net.block, stage.width, stage.inner, stage.groups)
        total += _block(*shape, width, stage.stride, size, after)
        total += _block(*shape, stage.width, 1, after, after) * (stage.depth - 1)
        width, size = stage.width, after
    return total + _linear(width, classes)


@cache
def _block(block: str, width: int, inner: int, groups: int, inputs: int, stride: int, size: int, after: int) -> Counts:
    """Count a block that maps `inputs` channels at `size` x `size` to `width` channels at `after` x `after`."""
    if block == BOTTLENECK:
        body = _conv_norm(inputs, inner, 1, size) + _conv_norm(inner, inner, 9, after, groups)
        body += _conv_norm(inner, width, 1, after)
    else:
        body = _conv_norm(inputs, width, 9, after) + _conv_norm(width, width, 9, after)
    if block != PLAIN and (inputs != width or stride != 1):
        body += _conv_norm(inputs, width, 1, after)
    return body
