"""What the plain evaluator works on: the weights and inputs that zsbench draws, in plainly built networks."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from plain.network import Network, body
from zsbench.evidence import SkipCell
from zsbench.probes import Subject

Module = TypeVar("Module", bound=nn.Module)
CROP_BATCHES, CROPS = 3, 1000
"""Batches of crops that a thin network sees, and the crops of one."""


@dataclass(frozen=True)
class Drawn:
    """Networks in train mode and their inputs, all of one dtype."""

    network: nn.Module
    gaussian: Network
    """The network with weights N(0, 1), for the Zen-score."""
    thin: Sequence[nn.Module]
    """One-channel networks, one a repeat, for the number of linear regions."""
    batches: Sequence[tuple[Tensor, Tensor]]
    """Two batches of images (N, 3, H, W) and labels (N,)."""
    pair: tuple[Tensor, Tensor]
    """Two Gaussian batches (N, 3, H, W)."""
    crops: Tensor
    """(repeats, batches, inputs, 1, 3, 3)."""
    samples: int
    """Inputs that measures with a backward an input see: the first of the first batch."""
    cells: Sequence[SkipCell]
    """The chain of cells with skip connections; empty where a space declares none."""

    def to(self, dtype: torch.dtype) -> Drawn:
        """Return the same in another precision."""
        return replace(
            copy.deepcopy(self),
            network=copy.deepcopy(self.network).to(dtype),
            gaussian=copy.deepcopy(self.gaussian).to(dtype),
            thin=[copy.deepcopy(network).to(dtype) for network in self.thin],
            batches=[(images.to(dtype), labels) for images, labels in self.batches],
            pair=(self.pair[0].to(dtype), self.pair[1].to(dtype)),
            crops=self.crops.to(dtype),
        )


def drawn(subject: Subject, operations: Sequence[str], channels: int = 16, cells: int = 5, repeats: int = 3) -> Drawn:
    """Take over the weights and inputs of a subject on a cell of NAS-Bench-201."""
    classes = subject.network.classifier.bias.numel()  # type: ignore[union-attr, operator]
    plain = [Network(operations, classes, channels, cells) for _ in range(2)]
    generator = subject.generator("gaussian inputs")
    shape = subject.inputs.batches[0].images.shape
    return Drawn(
        network=copied(subject.network, plain[0]),
        gaussian=copied(subject.redrawn("normal", "gaussian weights"), plain[1]),
        thin=[copied(subject.fresh_thin(n), body(operations, channels=1, cells=1)) for n in range(repeats)],
        batches=[(torch.from_numpy(b.images), torch.from_numpy(b.labels)) for b in subject.inputs.batches],
        pair=(torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)),
        crops=torch.from_numpy(subject.inputs.crops).view(-1, CROP_BATCHES, CROPS, 1, 3, 3)[:repeats],
        samples=subject.conditions.samples,
        cells=getattr(subject.network, "skip_cells", ()),
    )


def copied(source: nn.Module, target: Module) -> Module:
    """Give a plainly built network the parameters of another, by order, in PyTorch's own layout."""
    target.to(next(source.parameters()).dtype)
    with torch.no_grad():
        for own, other in zip(target.parameters(), source.parameters(), strict=True):
            own.copy_(other)
    return target.train()
