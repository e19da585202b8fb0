"""The networks of the NDS cell families (Radosavovic et al., ICCV 2019), which follow DARTS (Liu et al., ICLR 2019).

A stem, cells in a chain of which each reads the two before it, global pooling and a linear classifier. The auxiliary
head and drop path of the trainings are left out. Definitions: the reference of the official code, pycls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from zsbench.networks.nats import AveragePool3x3, ReluConvBatchNorm

if TYPE_CHECKING:
    from zsbench.spaces.nds_cell import Cell, CellNet


class FactorizedReduce(nn.Module):
    """ReLU, two 1x1 convolutions of stride 2, the second shifted by one pixel, side by side; BatchNorm.

    The stride is taken before the convolutions, which is the same: PyTorch 2.13 crashes in the weight gradient of a
    strided 1x1 convolution of fewer than 16 channels-last channels on large images.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        """Map `inputs` channels to `outputs`, an even number, at half the resolution."""
        super().__init__()
        self.relu = nn.ReLU()
        self.even = nn.Conv2d(inputs, outputs // 2, 1, bias=False)
        self.odd = nn.Conv2d(inputs, outputs // 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H/2, W/2), rounded up."""
        x = self.relu(x)
        even, odd = x[:, :, ::2, ::2], functional.pad(x, (0, 1, 0, 1))[:, :, 1::2, 1::2]
        joined: Tensor = self.norm(torch.cat([self.even(even), self.odd(odd)], dim=1))
        return joined


class Zero(nn.Module):
    """The operation none: zeros, to which nothing connects; what stands behind it is still run."""

    def __init__(self, stride: int) -> None:
        """Take every `stride`-th position."""
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to zeros of the output's shape."""
        return torch.zeros_like(x if self.stride == 1 else x[:, :, :: self.stride, :: self.stride])


def _separable(channels: int, kernel: int, stride: int, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel // 2)
    return [
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
    ]


def _factorised(channels: int, kernel: int, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels, channels, (1, kernel), (1, stride), (0, kernel // 2), bias=False),
        nn.Conv2d(channels, channels, (kernel, 1), (stride, 1), (kernel // 2, 0), bias=False),
        nn.BatchNorm2d(channels),
    )


def _average_pool(stride: int) -> nn.Module:
    return AveragePool3x3() if stride == 1 else nn.AvgPool2d(3, stride, padding=1, count_include_pad=False)


def _skip(channels: int, stride: int) -> nn.Module:
    return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)


def _separable_twice(channels: int, kernel: int, stride: int, dilation: int = 1) -> nn.Module:
    return nn.Sequential(*_separable(channels, kernel, stride, dilation), *_separable(channels, kernel, 1, dilation))


OPERATIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "none": lambda _c, stride: Zero(stride),
    "skip_connect": _skip,
    "avg_pool_3x3": lambda _c, stride: _average_pool(stride),
    "max_pool_3x3": lambda _c, stride: nn.MaxPool2d(3, stride, padding=1),
    "max_pool_5x5": lambda _c, stride: nn.MaxPool2d(5, stride, padding=2),
    "max_pool_7x7": lambda _c, stride: nn.MaxPool2d(7, stride, padding=3),
    "conv_1x1": lambda c, stride: ReluConvBatchNorm(c, c, 1, stride),
    "conv_3x3": lambda c, stride: ReluConvBatchNorm(c, c, 3, stride),
    "conv_3x1_1x3": lambda c, stride: _factorised(c, 3, stride),
    "conv_7x1_1x7": lambda c, stride: _factorised(c, 7, stride),
    "sep_conv_3x3": lambda c, stride: _separable_twice(c, 3, stride),
    "sep_conv_5x5": lambda c, stride: _separable_twice(c, 5, stride),
    "sep_conv_7x7": lambda c, stride: _separable_twice(c, 7, stride),
    "dil_conv_3x3": lambda c, stride: nn.Sequential(*_separable(c, 3, stride, dilation=2)),
    "dil_conv_5x5": lambda c, stride: nn.Sequential(*_separable(c, 5, stride, dilation=2)),
    "dil_sep_conv_3x3": lambda c, stride: _separable_twice(c, 3, stride, dilation=2),
}
"""What builds each operation, of a number of channels and a stride; all keep the channels."""


class CellModule(nn.Module):
    """One cell: preprocessed inputs, nodes that each add two operations, and the concatenation of some states."""

    def __init__(self, cell: Cell, inputs: tuple[int, int], width: int, *, reduce: bool, after_reduction: bool) -> None:
        """Take as `inputs` the channels of the cell before the previous one and of the previous one."""
        super().__init__()
        before, last = inputs
        first = FactorizedReduce(before, width) if after_reduction else ReluConvBatchNorm(before, width, 1)
        self.preprocess = nn.ModuleList([first, ReluConvBatchNorm(last, width, 1)])
        self.operations = nn.ModuleList(
            OPERATIONS[name](width, 2 if reduce and state < 2 else 1) for name, state in cell.edges
        )
        self.sources = [state for _, state in cell.edges]
        self.concat = cell.concat

    def forward(self, before: Tensor, last: Tensor) -> Tensor:
        """Map the outputs of the two cells before to (N, C', H', W')."""
        states = [self.preprocess[0](before), self.preprocess[1](last)]
        for place in range(0, len(self.sources), 2):
            one, other = (self.operations[edge](states[self.sources[edge]]) for edge in (place, place + 1))
            states.append(torch.add(one, other))
        return torch.cat([states[state] for state in self.concat], dim=1)


class CellNetwork(nn.Module):
    """Stems, cells and head; `forward_features` stops before global pooling, at the last cell's output."""

    def __init__(self, net: CellNet, stems: Sequence[nn.Module], channels: int, classes: int) -> None:
        """Put the cells of `net` behind one stem, or behind two of which each feeds one input; both of `channels`."""
        super().__init__()
        self.stems = nn.ModuleList(stems)
        self.cells = nn.ModuleList()
        before, last, width = channels, channels, net.width
        after_reduction = len(self.stems) == 2  # the second stem halves the resolution
        for position in range(net.depth):
            reduce = position in net.reductions()
            width *= 2 if reduce else 1
            cell = net.reduce if reduce else net.normal
            self.cells.append(CellModule(cell, (before, last), width, reduce=reduce, after_reduction=after_reduction))
            after_reduction = reduce
            before, last = last, len(cell.concat) * width
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(last, classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the feature maps of the last cell."""
        before: Tensor = self.stems[0](x)
        last = before
        for stem in self.stems[1:]:
            last = stem(before)
        for cell in self.cells:
            before, last = last, cell(before, last)
        return last

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, K)."""
        logits: Tensor = self.classifier(self.pool(self.forward_features(x)).flatten(1))
        return logits


def _conv_norm(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs)]


def cifar_cell_network(net: CellNet, classes: int) -> nn.Module:
    """Build a network for 32x32 images: one stem of three times the width, at full resolution."""
    channels = 3 * net.width
    return CellNetwork(net, [nn.Sequential(*_conv_norm(3, channels, 1))], channels, classes)


def imagenet_cell_network(net: CellNet, classes: int) -> nn.Module:
    """Build a network for 224x224 images: two stems that reduce four and eight times, each feeding one input."""
    c = net.width
    first = nn.Sequential(*_conv_norm(3, c // 2, 2), nn.ReLU(), *_conv_norm(c // 2, c, 2))
    second = nn.Sequential(nn.ReLU(), *_conv_norm(c, c, 2))
    return CellNetwork(net, [first, second], c, classes)
