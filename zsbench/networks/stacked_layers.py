"""Layers of several networks as one: their channels side by side, in blocks of equal width.

An activation of K networks of C channels is (N, K*C, H, W). What acts on channels alone (ReLU, BatchNorm, pooling) acts
on such a stack as it is; a convolution becomes one of K groups. No value of one network ever meets one of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

Held: TypeAlias = "tuple[tuple[int, nn.Module], ...]"
"""For each block of channels the number of the network it belongs to, and that network's own layer."""


class StackedConvolution(nn.Conv2d):
    """Convolutions of one shape as one with groups; linear layers, as 1x1 convolutions."""

    def __init__(self, held: Sequence[tuple[int, nn.Conv2d | nn.Linear]]) -> None:
        """Copy the weights of (network, layer) pairs, which are alike in everything but their values."""
        layer = held[0][1]
        if isinstance(layer, nn.Linear):
            shape = {"in_channels": layer.in_features, "out_channels": layer.out_features, "kernel_size": 1}
            how = {"stride": 1, "padding": 0}
        else:
            shape = {"in_channels": layer.in_channels, "out_channels": layer.out_channels}
            how = {"kernel_size": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}  # type: ignore[dict-item]
        wide = {name: len(held) * size if name.endswith("channels") else size for name, size in shape.items()}
        # Nothing is drawn on this device, and no generator touched.
        super().__init__(**wide, **how, groups=len(held), bias=layer.bias is not None, device="meta")  # type: ignore[arg-type]
        self.held: Held = tuple(held)
        weights = [one.weight.detach() for _, one in held]
        self.weight = nn.Parameter(torch.cat([w.view(*w.shape, *(1,) * (4 - w.dim())) for w in weights]))
        if layer.bias is not None:
            self.bias = nn.Parameter(torch.cat([one.bias.detach() for _, one in held if one.bias is not None]))


class StackedBatchNorm(nn.BatchNorm2d):
    """BatchNorms of one width as one."""

    def __init__(self, held: Sequence[tuple[int, nn.BatchNorm2d]]) -> None:
        """Copy the scales and shifts of (network, layer) pairs; running statistics start anew."""
        layer = held[0][1]
        super().__init__(len(held) * layer.num_features, layer.eps, layer.momentum, dtype=layer.weight.dtype)
        self.held: Held = tuple(held)
        self.weight = nn.Parameter(torch.cat([one.weight.detach() for _, one in held]))
        self.bias = nn.Parameter(torch.cat([one.bias.detach() for _, one in held]))


class StackedReLU(nn.ReLU):
    """A ReLU over all blocks, in the place of as many as each network would run here."""

    def __init__(self, executions: Sequence[int]) -> None:
        """Take for each network how many ReLUs of its own read this input: 0 if only its neighbours need it."""
        super().__init__()
        self.executions = tuple(executions)


class Blocks(nn.Module):
    """Picks blocks of channels, in a given order."""

    index: Tensor

    def __init__(self, chosen: Sequence[int], blocks: int) -> None:
        """Take the numbers of the chosen blocks, none of them twice, and how many blocks there are."""
        super().__init__()
        self.blocks = blocks
        self.all = list(chosen) == list(range(blocks))
        self.register_buffer("index", torch.tensor(chosen, dtype=torch.int64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, blocks * C, H, W) to (N, chosen * C, H, W), in the same memory layout."""
        if self.all:
            return x
        if x.is_contiguous(memory_format=torch.channels_last):
            apart: Tensor = x.permute(0, 2, 3, 1).unflatten(3, (self.blocks, -1))
            return apart.index_select(3, self.index).flatten(3).permute(0, 3, 1, 2)
        apart = x.unflatten(1, (self.blocks, -1))
        return apart.index_select(1, self.index).flatten(1, 2)
