"""The networks of TransNAS-Bench-101 (Duan et al., CVPR 2021): an encoder, and the head of a task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zsbench.networks.nats import FourNodes, ReluConvBatchNorm

Shape = tuple[int, int, int]
"""(inputs, outputs, stride) of a cell."""
Layer = tuple[int, int, bool]
"""(inputs, outputs, whether it doubles the resolution) of a decoder's layer."""
TILE = 64


class StridedConvolutions(nn.Module):
    """A skip that halves the resolution: ReLU, two 1x1 convolutions a pixel apart, BatchNorm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Map `inputs` channels to `outputs`, half of them from the odd pixels."""
        super().__init__()
        self.relu = nn.ReLU()
        self.even = nn.Conv2d(inputs, outputs // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs - outputs // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W), H and W even, to (N, C', H/2, W/2)."""
        x = self.relu(x)
        normed: Tensor = self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], dim=1))
        return normed


class MicroCell(FourNodes):
    """Four nodes; edges from the input change channels and resolution, the others work on what they find."""

    def __init__(self, digits: Sequence[int], shape: Shape) -> None:
        """Build the six operations: 0 none, 1 skip, 2 conv 1x1, 3 conv 3x3."""
        inputs, outputs, stride = shape
        super().__init__(
            [
                _operation(digit, inputs, outputs, stride) if source == 0 else _operation(digit, outputs, outputs, 1)
                for digit, (source, _) in zip(digits, self.EDGES, strict=True)
            ]
        )
        self.outputs, self.stride = outputs, stride

    def nothing(self, x: Tensor) -> Tensor:
        """Return zeros of the cell's output shape."""
        number, _, height, width = x.shape
        return x.new_zeros(number, self.outputs, height // self.stride, width // self.stride)


def _operation(digit: int, inputs: int, outputs: int, stride: int) -> nn.Module | None:
    match digit:
        case 0:
            return None
        case 1 if stride == 1 and inputs == outputs:
            return nn.Identity()
        case 1:
            return StridedConvolutions(inputs, outputs)
        case _:
            return ReluConvBatchNorm(inputs, outputs, 1 if digit == 2 else 3, stride)


class BasicBlock(nn.Module):
    """Two ReLU-conv3x3-BatchNorm beside a shortcut, which is a 1x1 convolution and BatchNorm where the shape changes.

    That BatchNorm has eps 1 and momentum 1: the authors pass `affine` and `track_running_stats` in their places.
    """

    def __init__(self, shape: Shape) -> None:
        """Build the block; the first convolution carries the change of shape."""
        super().__init__()
        inputs, outputs, stride = shape
        self.a = ReluConvBatchNorm(inputs, outputs, 3, stride)
        self.b = ReluConvBatchNorm(outputs, outputs, 3)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs, eps=1.0, momentum=1.0)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H/stride, W/stride)."""
        y: Tensor = self.shortcut(x) + self.b(self.a(x))
        return y


def micro_encoder(digits: Sequence[int], shapes: Sequence[Shape]) -> nn.Sequential:
    """Build the encoder of a cell."""
    return _encoder([MicroCell(digits, shape) for shape in shapes], shapes[0][0])


def macro_encoder(shapes: Sequence[Shape]) -> nn.Sequential:
    """Build the encoder of residual blocks."""
    return _encoder([BasicBlock(shape) for shape in shapes], shapes[0][0])


def _encoder(cells: Sequence[nn.Module], base: int) -> nn.Sequential:
    """Put the stem before the cells; convolutions are initialised as the authors do, Kaiming normal over fan-out."""
    stem = [
        nn.Conv2d(3, base // 2, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(base // 2),
        ReluConvBatchNorm(base // 2, base, 3, stride=2),
    ]
    encoder = nn.Sequential(*stem, *cells)
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return encoder


class TaskNetwork(nn.Module):
    """An encoder and the head of a task; `forward_features` is the encoder."""

    def __init__(self, encoder: nn.Sequential, head: nn.Module) -> None:
        """Join them."""
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the encoder's feature maps."""
        features: Tensor = self.encoder(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to (N, K) for linear heads, to (N, K, H, W) for decoders."""
        output: Tensor = self.head(self.forward_features(x))
        return output


class JigsawNetwork(TaskNetwork):
    """The encoder sees the tiles of an image one after the other: BatchNorm takes its statistics of one place each."""

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, 192, 192) to the concatenated feature maps of nine tiles, row by row."""
        tiles = [tile for row in x.split(TILE, dim=2) for tile in row.split(TILE, dim=3)]
        return torch.cat([self.encoder(tile) for tile in tiles], dim=1)


def task_network(
    encoder: nn.Sequential, channels: int, task: str, classes: int, layers: Sequence[Layer]
) -> TaskNetwork:
    """Build the network of a task: `layers` of its decoder, or none for a linear head over pooled features."""
    if layers:
        return TaskNetwork(encoder, _decoder(layers, None if task == "segmentsemantic" else nn.Tanh()))
    jigsaw = task == "jigsaw"
    features = channels * (9 if jigsaw else 1)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, classes))
    return (JigsawNetwork if jigsaw else TaskNetwork)(encoder, head)


def _decoder(layers: Sequence[Layer], last: nn.Module | None) -> nn.Sequential:
    built: list[nn.Module] = []
    for inputs, outputs, doubles in layers:
        if doubles:
            built.append(nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1))
        else:
            built.append(nn.Conv2d(inputs, outputs, 3, padding=1))
        built += [nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
    del built[-2:]  # the last layer's output is the task's
    return nn.Sequential(*built, *([last] if last else []))
