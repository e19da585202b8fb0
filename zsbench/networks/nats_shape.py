"""The networks of NATS-Bench's size space (Dong et al., TPAMI 2021): one cell, five widths.

Stem, cell, reduction block, cell, reduction block, cell, head; the third and fifth widths are reached inside a cell.
The paper's labels of the five numbers differ; this is what the authors' code builds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from zsbench.networks.nats import ReductionBlock, ReluConvBatchNorm, StagedNetwork


class ShapeCell(nn.Module):
    """The best cell of the topology space: every edge a 3x3 convolution, but a skip from input to output.

    Edges from the input map its width to the cell's; where the two differ, the skip is a 1x1 convolution and
    BatchNorm, without the ReLU that the other edges begin with.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        """Map `inputs` channels to `outputs`."""
        super().__init__()
        self.edge_01 = ReluConvBatchNorm(inputs, outputs, 3)
        self.edge_02 = ReluConvBatchNorm(inputs, outputs, 3)
        self.edge_12 = ReluConvBatchNorm(outputs, outputs, 3)
        self.edge_03: nn.Module = nn.Identity()
        if inputs != outputs:
            self.edge_03 = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.edge_13 = ReluConvBatchNorm(outputs, outputs, 3)
        self.edge_23 = ReluConvBatchNorm(outputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H, W)."""
        node_1 = self.edge_01(x)
        node_2 = self.edge_02(x) + self.edge_12(node_1)
        output: Tensor = self.edge_03(x) + self.edge_13(node_1) + self.edge_23(node_2)
        return output


def shape_network(widths: Sequence[int], classes: int) -> nn.Module:
    """Build the benchmark's network of five widths."""

    def stages() -> nn.Sequential:
        layers: list[nn.Module] = [ShapeCell(widths[0], widths[0])]
        for place, (before, after) in enumerate(pairwise(widths)):
            layers.append(ShapeCell(before, after) if place % 2 else ReductionBlock(before, after))
        return nn.Sequential(*layers)

    return StagedNetwork(stages, widths[0], widths[-1], classes)
