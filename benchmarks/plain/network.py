"""The networks of NAS-Bench-201, built plainly: every edge has a module, and `none` multiplies by zero."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Zero(nn.Module):
    """The operation `none`."""

    def forward(self, x: Tensor) -> Tensor:
        """Multiply by zero."""
        return x.mul(0.0)


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Module:
    """Return ReLU, convolution, BatchNorm."""
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )


def operation(name: str, channels: int) -> nn.Module:
    """Return the module of an edge."""
    match name:
        case "none":
            return Zero()
        case "skip_connect":
            return nn.Identity()
        case "nor_conv_1x1" | "nor_conv_3x3":
            return conv(channels, channels, int(name[-1]))
        case "avg_pool_3x3":
            return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    raise ValueError(name)


class Cell(nn.Module):
    """Four nodes; the edges in the order of the architecture's string."""

    def __init__(self, operations: Sequence[str], channels: int) -> None:
        """Put an operation on each of the six edges."""
        super().__init__()
        self.edges = nn.ModuleList([operation(name, channels) for name in operations])

    def forward(self, x: Tensor) -> Tensor:
        """Map the input to the last node."""
        first = self.edges[0](x)
        second = self.edges[1](x) + self.edges[2](first)
        last: Tensor = self.edges[3](x) + self.edges[4](first) + self.edges[5](second)
        return last


class Reduction(nn.Module):
    """Two convolutions, the first with stride 2, beside a pooled 1x1 shortcut without BatchNorm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Map `inputs` channels to `outputs`."""
        super().__init__()
        self.main = nn.Sequential(conv(inputs, outputs, 3, stride=2), conv(outputs, outputs, 3))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, stride=2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Halve the resolution."""
        y: Tensor = self.shortcut(x) + self.main(x)
        return y


def body(operations: Sequence[str], channels: int, cells: int) -> nn.Sequential:
    """Return three stages of equal cells with reductions between them; alone it is TE-NAS's thin network."""
    stages: list[nn.Module] = [Cell(operations, channels) for _ in range(cells)]
    for width in (2 * channels, 4 * channels):
        stages += [Reduction(width // 2, width), *(Cell(operations, width) for _ in range(cells))]
    return nn.Sequential(*stages)


class Network(nn.Module):
    """Stem, three stages, BatchNorm, ReLU, mean over positions, linear classifier."""

    def __init__(self, operations: Sequence[str], classes: int, channels: int, cells: int) -> None:
        """Build the network of a cell."""
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.body = body(operations, channels, cells)
        self.last = nn.Sequential(nn.BatchNorm2d(4 * channels), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(4 * channels, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return the feature maps before global pooling."""
        maps: Tensor = self.last(self.body(self.stem(x)))
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.classifier(self.pool(self.features(x)).flatten(1))
        return logits
