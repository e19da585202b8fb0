"""Several networks of NAS-Bench-201 as one, for devices on which one is too small to be worth its launches.

All have the same skeleton. In a cell, each edge gathers the networks that have an operation there, runs it once for all
of them, and puts the results back in order. Modules with weights are registered in the order in which they are run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor, nn

from zsbench.networks.nats import AveragePool3x3, Cell, FourNodes, ReductionBlock, ReluConvBatchNorm, StagedNetwork
from zsbench.networks.stacked_layers import Blocks, StackedBatchNorm, StackedConvolution, StackedReLU


def stack_cell_networks(networks: Sequence[nn.Module]) -> nn.Module:
    """Return one network in the place of several, all of `cell_network` or all of `thin_cell_network`."""
    if isinstance(networks[0], StagedNetwork):
        return StackedNetwork(networks)  # type: ignore[arg-type]
    return _stages(networks)  # type: ignore[arg-type]


class StackedNetwork(nn.Module):
    """K staged networks of the same widths; `forward_features` stops before global pooling."""

    def __init__(self, networks: Sequence[StagedNetwork]) -> None:
        """Copy the weights of the networks."""
        super().__init__()
        stems, lasts = [n.stem for n in networks], [n.last for n in networks]
        self.stem = nn.Sequential(_convolution([s[0] for s in stems]), _batch_norm([s[1] for s in stems]))
        self.stages = _stages([n.stages for n in networks])
        self.last = nn.Sequential(_batch_norm([last[0] for last in lasts]), StackedReLU([1] * len(networks)))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = _convolution([n.classifier for n in networks])
        self.networks = len(networks)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, K*3, H, W) to the feature maps (N, K*C', H/4, W/4)."""
        features: Tensor = self.last(self.stages(self.stem(x)))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, K*3, H, W) to logits (N, K, classes)."""
        logits: Tensor = self.classifier(self.pool(self.forward_features(x)))
        return logits.flatten(1).view(len(x), self.networks, -1)


class StackedReduction(nn.Module):
    """Reduction blocks as one."""

    def __init__(self, blocks: Sequence[ReductionBlock]) -> None:
        """Copy the weights of the blocks."""
        super().__init__()
        self.downsample = nn.Sequential(nn.AvgPool2d(2, 2), _convolution([b.downsample[1] for b in blocks]))
        self.a = _relu_convolution_batch_norm([b.a for b in blocks])
        self.b = _relu_convolution_batch_norm([b.b for b in blocks])

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, K*C, H, W) to (N, K*C', H/2, W/2)."""
        return torch.add(self.downsample(x), self.b(self.a(x)))


class StackedCell(nn.Module):
    """Cells as one: a node of the stack holds the nodes of all."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        """Copy the weights of the cells."""
        super().__init__()
        edges = [[_operation(cell, edge) for cell in cells] for edge in range(len(FourNodes.EDGES))]
        self.edges = nn.ModuleList(StackedEdge(operations) for operations in edges)
        self.rectified = nn.ModuleDict()
        for node in range(3):
            leaving = [edge for edge, (source, _) in enumerate(FourNodes.EDGES) if source == node]
            executions = [
                sum(isinstance(edges[edge][number], ReluConvBatchNorm) for edge in leaving)
                for number in range(len(cells))
            ]
            if any(executions):
                self.rectified[str(node)] = StackedReLU(executions)

    def forward(self, x: Tensor) -> Tensor:
        """Map the input to the last node."""
        nodes, rectified = [x], {}
        for node in range(1, 4):
            source = node - 1
            if str(source) in self.rectified:
                rectified[source] = self.rectified[str(source)](nodes[source])
            terms = [
                edge(nodes[source], rectified.get(source))
                for edge, (source, target) in zip(self.edges, FourNodes.EDGES, strict=True)
                if target == node and edge.branches
            ]
            nodes.append(sum(terms[1:], terms[0]) if terms else torch.zeros_like(x))
        return nodes[3]


class StackedEdge(nn.Module):
    """One edge of all cells: a branch for each operation that any of them has there."""

    def __init__(self, operations: Sequence[nn.Module | None]) -> None:
        """Take the operation of each cell, None for nothing."""
        super().__init__()
        numbers: dict[tuple[type, int], list[int]] = {}
        for number, operation in enumerate(operations):
            numbers.setdefault(_kind(operation), []).append(number)
        self.networks = len(operations)
        self.nothing = len(empty := numbers.pop(_kind(None), []))
        self.branches = nn.ModuleList(StackedBranch(operations, chosen) for chosen in numbers.values())
        order = [*chain.from_iterable(numbers.values()), *empty]
        self.in_order = Blocks(sorted(range(self.networks), key=order.__getitem__), self.networks)

    def forward(self, x: Tensor, rectified: Tensor | None) -> Tensor:
        """Map the source node, and what its ReLU leaves of it, to the term of the target node."""
        parts = [branch(x, rectified) for branch in self.branches]
        if self.nothing:
            parts.append(torch.zeros_like(x.narrow(1, 0, self.nothing * x.shape[1] // self.networks)))
        together: Tensor = self.in_order(torch.cat(parts, dim=1) if len(parts) > 1 else parts[0])
        return together


class StackedBranch(nn.Module):
    """The networks that have one and the same operation on an edge."""

    def __init__(self, operations: Sequence[nn.Module | None], chosen: Sequence[int]) -> None:
        """Take the operations of all networks, and the numbers of those that are alike."""
        super().__init__()
        alike = [operations[number] for number in chosen]
        self.gather = Blocks(chosen, len(operations))
        self.convolves = isinstance(alike[0], ReluConvBatchNorm)
        if self.convolves:
            # The ReLU is that of the node.
            _, *layers = _relu_convolution_batch_norm(alike, chosen)  # type: ignore[arg-type]
            self.operation: nn.Module = nn.Sequential(*layers)
        else:
            self.operation = nn.Identity() if isinstance(alike[0], nn.Identity) else AveragePool3x3()

    def forward(self, x: Tensor, rectified: Tensor | None) -> Tensor:
        """Map (N, K*C, H, W), before and after ReLU, to the chosen networks' (N, k*C, H, W)."""
        result: Tensor = self.operation(self.gather(rectified if self.convolves else x))
        return result


def _operation(cell: Cell, edge: int) -> nn.Module | None:
    name = str(edge)
    return cell.operations[name] if name in cell.operations else None  # noqa: SIM401 (a ModuleDict has no get)


def _kind(operation: nn.Module | None) -> tuple[type, int]:
    kernel = operation[1].kernel_size[0] if isinstance(operation, ReluConvBatchNorm) else 0  # type: ignore[index]
    return type(operation), kernel  # type: ignore[return-value]


def _stages(networks: Sequence[nn.Sequential]) -> nn.Sequential:
    together = [
        StackedCell(parts) if isinstance(parts[0], Cell) else StackedReduction(parts)
        for parts in zip(*networks, strict=True)
    ]
    return nn.Sequential(*together)


def _relu_convolution_batch_norm(
    blocks: Sequence[ReluConvBatchNorm], numbers: Sequence[int] | None = None
) -> nn.Sequential:
    relu = StackedReLU([1] * len(blocks))
    return nn.Sequential(
        relu, _convolution([b[1] for b in blocks], numbers), _batch_norm([b[2] for b in blocks], numbers)
    )


def _convolution(layers: Sequence[nn.Module], numbers: Sequence[int] | None = None) -> StackedConvolution:
    return StackedConvolution(list(zip(numbers or range(len(layers)), layers, strict=True)))  # type: ignore[arg-type]


def _batch_norm(layers: Sequence[nn.Module], numbers: Sequence[int] | None = None) -> StackedBatchNorm:
    return StackedBatchNorm(list(zip(numbers or range(len(layers)), layers, strict=True)))  # type: ignore[arg-type]
