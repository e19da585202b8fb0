"""The networks of NAS-Bench-Macro (Su et al., CVPR 2021): chains of MobileNetV2's inverted bottlenecks."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class ConvBatchNorm(nn.Sequential):
    """Bias-free convolution with "same" padding, BatchNorm, and ReLU unless it is left out."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, *, relu: bool = True
    ) -> None:
        """Map `inputs` channels to `outputs`."""
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
        )
        if relu:
            self.append(nn.ReLU())


class InvertedBottleneck(nn.Module):
    """1x1 expansion, depthwise convolution, linear 1x1 projection; a shortcut where input and output agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, expansion: int, stride: int) -> None:
        """Map `inputs` channels to `outputs` by way of `expansion` times as many."""
        super().__init__()
        hidden = expansion * inputs
        self.path = nn.Sequential(
            ConvBatchNorm(inputs, hidden, 1),
            ConvBatchNorm(hidden, hidden, kernel, stride, groups=hidden),
            ConvBatchNorm(hidden, outputs, 1, relu=False),
        )
        self.shortcut = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H/stride, W/stride)."""
        y: Tensor = self.path(x)
        return x + y if self.shortcut else y


class ChainNetwork(nn.Module):
    """Stem, a chain of layers, a wide 1x1 convolution, head; `forward_features` stops before global pooling."""

    def __init__(self, layers: Sequence[nn.Module], stem: int, last: int, head: int, classes: int) -> None:
        """Put `layers`, from `stem` to `last` channels, between the stem and a head of `head` channels."""
        super().__init__()
        self.stem = ConvBatchNorm(3, stem, 3)
        self.layers = nn.Sequential(*layers)
        self.last = ConvBatchNorm(last, head, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(head, classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the feature maps (N, head, H/8, W/8)."""
        features: Tensor = self.last(self.layers(self.stem(x)))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, K)."""
        logits: Tensor = self.classifier(self.pool(self.forward_features(x)).flatten(1))
        return logits


def chain_network(
    layers: Sequence[tuple[int, int, int]], blocks: Sequence[tuple[int, int] | None], head: int, classes: int
) -> nn.Module:
    """Build the benchmark's network of (inputs, outputs, stride) and (kernel, expansion) a layer.

    None is an identity: nothing, or a strided 1x1 convolution and BatchNorm where the shape changes.
    """
    built: list[nn.Module] = []
    for (inputs, outputs, stride), block in zip(layers, blocks, strict=True):
        if block is not None:
            built.append(InvertedBottleneck(inputs, outputs, *block, stride))
        elif stride > 1:
            built.append(ConvBatchNorm(inputs, outputs, 1, stride, relu=False))
    return ChainNetwork(built, layers[0][0], layers[-1][1], head, classes)
