"""The networks of NAS-Bench-201 and NATS-Bench (Dong and Yang, ICLR 2020; Dong et al., TPAMI 2021).

Stem, three stages of equal cells with a residual reduction block between them, BatchNorm, ReLU, global pooling and a
linear classifier. A cell is a complete graph of four nodes; node v is the sum over u < v of an operation on node u.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class AveragePool3x3(nn.AvgPool2d):
    """Average pooling 3x3, stride 1, over the positions inside the image, computed as a depthwise convolution.

    Several times faster than PyTorch's own on channels-last CPU tensors, equal to it up to rounding.
    """

    def __init__(self) -> None:
        """Take no parameters: the benchmark has only this one."""
        super().__init__(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, input: Tensor) -> Tensor:
        """Pool (N, C, H, W) to the same shape."""
        if input.dtype != torch.float32 or input.device.type != "cpu":  # the fast convolutions are these
            return super().forward(input)
        channels, height, width = input.shape[1:]
        kernel = input.new_ones(channels, 1, 3, 3)
        total = functional.conv2d(input, kernel, padding=1, groups=channels)
        inside = functional.conv2d(input.new_ones(1, 1, height, width), kernel[:1], padding=1)
        return total * inside.reciprocal()


class ReluConvBatchNorm(nn.Sequential):
    """ReLU, bias-free convolution with "same" padding, BatchNorm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        """Map `inputs` channels to `outputs`."""
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        )


def _operation(name: str, channels: int) -> nn.Module | None:
    match name:
        case "none":
            return None
        case "skip_connect":
            return nn.Identity()
        case "nor_conv_1x1":
            return ReluConvBatchNorm(channels, channels, 1)
        case "nor_conv_3x3":
            return ReluConvBatchNorm(channels, channels, 3)
        case "avg_pool_3x3":
            return AveragePool3x3()
    msg = f"no such operation: {name}"
    raise ValueError(msg)


class FourNodes(nn.Module):
    """A cell of four nodes, each the sum of its edges, in the order of the architecture string.

    An edge that holds nothing (`None`; the benchmark multiplies by 0) is left out, which gives the same values and
    gradients. What stands behind such an edge is still run, on a zero input, as its ReLUs count as evidence.
    """

    EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))

    def __init__(self, modules: Sequence[nn.Module | None]) -> None:
        """Put a module, or None, on each of the six edges."""
        super().__init__()
        held = {str(edge): module for edge, module in enumerate(modules) if module is not None}
        self.operations = nn.ModuleDict(held)

    def forward(self, x: Tensor) -> Tensor:
        """Map the input to the last node."""
        nodes = [x]
        for node in range(1, 4):
            terms = [
                self.operations[str(edge)](nodes[source])
                for edge, (source, target) in enumerate(self.EDGES)
                if target == node and str(edge) in self.operations
            ]
            nodes.append(sum(terms[1:], terms[0]) if terms else self.nothing(x))
        return nodes[3]

    def nothing(self, x: Tensor) -> Tensor:
        """Return what a node without edges holds, for a cell with input `x`."""
        return torch.zeros_like(x)


class Cell(FourNodes):
    """Maps (N, C, H, W) to the same shape."""

    def __init__(self, operations: Sequence[str], channels: int) -> None:
        """Build the six operations at a width of `channels`."""
        super().__init__([_operation(name, channels) for name in operations])


class ReductionBlock(nn.Module):
    """Two ReLU-conv3x3-BatchNorm, the first with stride 2, beside a pooled 1x1 shortcut without BatchNorm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Halve the resolution, map `inputs` channels to `outputs`."""
        super().__init__()
        self.a = ReluConvBatchNorm(inputs, outputs, 3, stride=2)
        self.b = ReluConvBatchNorm(outputs, outputs, 3)
        self.downsample = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H/2, W/2)."""
        return torch.add(self.downsample(x), self.b(self.a(x)))


class StagedNetwork(nn.Module):
    """Stem, stages and head; `forward_features` stops before global pooling, after the last BatchNorm and ReLU."""

    def __init__(self, stages: Callable[[], nn.Sequential], first: int, last: int, classes: int) -> None:
        """Put what `stages` builds, from `first` to `last` channels, between stem and head (weights in this order)."""
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, first, 3, padding=1, bias=False), nn.BatchNorm2d(first))
        self.stages = stages()
        self.last = nn.Sequential(nn.BatchNorm2d(last), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(last, classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the feature maps (N, C', H/4, W/4)."""
        features: Tensor = self.last(self.stages(self.stem(x)))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, K)."""
        logits: Tensor = self.classifier(self.pool(self.forward_features(x)).flatten(1))
        return logits


def _stages(operations: Sequence[str], channels: int, cells: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for stage in range(3):
        width = channels * 2**stage
        if stage:
            layers.append(ReductionBlock(width // 2, width))
        layers.extend(Cell(operations, width) for _ in range(cells))
    return nn.Sequential(*layers)


def cell_network(operations: Sequence[str], classes: int, channels: int = 16, cells: int = 5) -> nn.Module:
    """Build the benchmark's network of a cell given by its six operations in arch-string order.

    Three stages of `cells` equal cells, of `channels`, twice and four times that.
    """
    return StagedNetwork(lambda: _stages(operations, channels, cells), channels, 4 * channels, classes)


def thin_cell_network(operations: Sequence[str]) -> nn.Module:
    """Build TE-NAS's thin version (Chen et al., ICLR 2021): one channel, one cell a stage, no stem, no head."""
    return _stages(operations, channels=1, cells=1)
