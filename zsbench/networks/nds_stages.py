"""The NDS networks made of stages: plain, ResNet and ResNeXt (Radosavovic et al., ICCV 2019; AnyNet in pycls).

A stem (convolution, BatchNorm, ReLU), stages of equal blocks of which the first may have stride 2, global pooling and
a linear classifier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from zsbench.spaces.nds_stages import Stage, StageNet, Stem


def _conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


def _stem(stem: Stem) -> nn.Sequential:
    pool = [nn.MaxPool2d(3, 2, padding=1)] if stem.pooled else []
    return nn.Sequential(*_conv_norm(3, stem.width, stem.kernel, stem.stride), nn.ReLU(), *pool)


def _plain(inputs: int, stage: Stage, stride: int) -> nn.Module:
    first, second = _conv_norm(inputs, stage.width, 3, stride), _conv_norm(stage.width, stage.width, 3)
    return nn.Sequential(*first, nn.ReLU(), *second, nn.ReLU())


class ResidualBlock(nn.Module):
    """A body beside a shortcut, which is a 1x1 convolution with BatchNorm where the shape changes; ReLU after."""

    def __init__(self, body: list[nn.Module], inputs: int, stage: Stage, stride: int) -> None:
        """Map `inputs` channels to the stage's width."""
        super().__init__()
        self.body = nn.Sequential(*body)
        changed = inputs != stage.width or stride != 1
        self.shortcut = nn.Sequential(*(_conv_norm(inputs, stage.width, 1, stride) if changed else []))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H', W')."""
        y: Tensor = self.relu(torch.add(self.shortcut(x), self.body(x)))
        return y


def _basic(inputs: int, stage: Stage, stride: int) -> nn.Module:
    width = stage.width
    body = [*_conv_norm(inputs, width, 3, stride), nn.ReLU(), *_conv_norm(width, width, 3)]
    return ResidualBlock(body, inputs, stage, stride)


def _bottleneck(inputs: int, stage: Stage, stride: int) -> nn.Module:
    inner = stage.inner
    first, last = _conv_norm(inputs, inner, 1), _conv_norm(inner, stage.width, 1)
    body = [*first, nn.ReLU(), *_conv_norm(inner, inner, 3, stride, stage.groups), nn.ReLU(), *last]
    return ResidualBlock(body, inputs, stage, stride)


BLOCKS: dict[str, Callable[[int, Stage, int], nn.Module]] = {
    "double_plain_block": _plain,
    "res_basic_block": _basic,
    "res_bottleneck_block": _bottleneck,
}
"""What builds each block, of the channels before it, its stage and its stride."""


class StageNetwork(nn.Module):
    """Stem, stages and head; `forward_features` stops before global pooling."""

    def __init__(self, net: StageNet, classes: int) -> None:
        """Build the network with `classes` outputs."""
        super().__init__()
        self.stem = _stem(net.stem)
        blocks: list[nn.Module] = []
        width = net.stem.width
        for stage in net.stages:
            for number in range(stage.depth):
                blocks.append(BLOCKS[net.block](width, stage, 1 if number else stage.stride))
                width = stage.width
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width, classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the feature maps of the last block."""
        features: Tensor = self.blocks(self.stem(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, K)."""
        logits: Tensor = self.classifier(self.pool(self.forward_features(x)).flatten(1))
        return logits


def stage_network(net: StageNet, classes: int) -> nn.Module:
    """Build the network of an architecture."""
    return StageNetwork(net, classes)
