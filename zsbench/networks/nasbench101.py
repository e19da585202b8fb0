"""The networks of NAS-Bench-101 (Ying et al., ICML 2019), through the package `nasbench_pytorch`.

Stem, three stacks of three equal cells with max pooling between them, global average, a linear classifier. The package
departs from the original in two things, mended here: a scalar parameter in every place where a cell has no projection
and an empty one in every cell, which no output depends on; and BatchNorm's momentum, .997 or .1 in place of .003 (the
original's decay .997). Its initialisation is kept: convolutions He normal by fan-out, linear layer N(0, .01); the
original's is truncated normal by fan-in, and Glorot uniform.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from nasbench_pytorch.model import ModelSpec, Network
from nasbench_pytorch.model.model import Cell, Placeholder
from torch import Tensor, nn

MOMENTUM = 0.003


class CellNetwork(Network):  # type: ignore[misc]  # the package carries no annotations
    """The network of one cell; `forward_features` stops before the global average."""

    def __init__(self, matrix: Sequence[Sequence[int]], labels: Sequence[str], classes: int) -> None:
        """Build the network of an upper-triangular 0/1 matrix and the benchmark's labels of all vertices."""
        super().__init__(ModelSpec([list(row) for row in matrix], list(labels)), num_labels=classes, momentum=MOMENTUM)
        for layer in self.layers:
            if isinstance(layer, Cell):
                _without_dummies(layer)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = MOMENTUM

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the feature maps (N, 512, H/4, W/4)."""
        for layer in self.layers:
            x = layer(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, K)."""
        logits: Tensor = self.classifier(self.forward_features(x).mean((2, 3)))
        return logits


def _without_dummies(cell: Any) -> None:
    """Take away the parameters of a cell that no output depends on."""
    for modules in (cell.input_op, cell.vertex_op):
        for place, module in enumerate(modules):
            if isinstance(module, Placeholder):
                modules[place] = nn.Identity()
    cell.last_inop = cell.input_op[-1]
    del cell.dev_param
    cell.register_buffer("dev_param", torch.empty(0), persistent=False)  # the package asks it for its device
    cell.matrix = cell.matrix.numpy()  # read element by element in every forward pass


def cell_network(matrix: Sequence[Sequence[int]], labels: Sequence[str], classes: int) -> nn.Module:
    """Build the benchmark's network of a cell, given by its matrix and labels."""
    return CellNetwork(matrix, labels, classes)
