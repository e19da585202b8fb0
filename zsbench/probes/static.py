"""What can be known without running the network on data: weights, counts, topology."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zsbench.errors import UnsupportedError
from zsbench.evidence import LayerCounts, SkipCell, Structure, Topology, Weights
from zsbench.probes.subject import Subject, executed


def measure_weights(_need: Weights, subject: Subject) -> list[Tensor]:
    """Return the weight tensors of the layers that a forward pass executes."""
    network, x = subject.network, subject.batch(size=2)[0]
    with torch.no_grad():
        return [layer.weight.detach() for layer in executed(network, lambda: network(x))]


def measure_structure(_need: Structure, subject: Subject) -> LayerCounts:
    """Count parameters, and the operations of one input, from the shapes of a two-input forward pass."""
    network = subject.network
    macs: list[int] = []
    others: list[int] = []

    def count(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        if isinstance(module, nn.ConvTranspose2d):
            macs.append(inputs[0][0].numel() * module.weight[0].numel())
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            macs.append(output[0].numel() * module.weight[0].numel())
        else:
            others.append(_other_operations(module, inputs[0], output))

    handles = [module.register_forward_hook(count) for module in network.modules() if not any(module.children())]
    try:
        with torch.no_grad():
            network(subject.batch(size=2)[0])
    finally:
        for handle in handles:
            handle.remove()
    parameters = {id(p): p.numel() for p in network.parameters()}
    return LayerCounts(sum(parameters.values()), sum(macs), sum(others))


def _other_operations(module: nn.Module, x: Tensor, y: Tensor) -> int:
    match module:
        case nn.BatchNorm2d():
            return 2 * y[0].numel()
        case nn.ReLU():
            return y[0].numel()
        case nn.AvgPool2d():
            kernel = module.kernel_size if isinstance(module.kernel_size, tuple) else (module.kernel_size,) * 2
            return y[0].numel() * kernel[0] * kernel[1]
        case nn.AdaptiveAvgPool2d():
            return x.shape[1] * (x.shape[2] + 1) * (x.shape[3] + 1)
    return 0


def measure_topology(_need: Topology, subject: Subject) -> list[SkipCell]:
    """Return the cells that the space declares on the network; raise `UnsupportedError` if it declares none."""
    cells: list[SkipCell] | None = getattr(subject.network, "skip_cells", None)
    if cells is None:
        raise UnsupportedError("defined only for chains of cells with declared widths, depths and skips")
    return cells
