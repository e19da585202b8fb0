"""Measures that are counted or read from the weights: nothing is differentiated."""

from __future__ import annotations

from fractions import Fraction

from one_at_a_time import layers
from torch import Tensor, nn

from plain.drawn import Drawn
from zsbench.evidence import SkipCell


def params(given: Drawn) -> float:
    """Scalars in all parameters."""
    return sum(parameter.numel() for parameter in given.network.parameters())


def l2_norm(given: Drawn) -> float:
    """Sum of the layers' norms."""
    return float(sum(layer.weight.detach().norm() for layer in layers(given.network)))


def flops(given: Drawn) -> float:
    """Multiply-accumulates of convolutions and linear layers, for one input."""
    return sum(_layer(module, y) for module, _, y in _executions(given))


def flops_all(given: Drawn) -> float:
    """Add the operations of BatchNorm, ReLU and pooling."""
    return sum(_layer(module, y) + _other(module, x, y) for module, x, y in _executions(given))


def _executions(given: Drawn) -> list[tuple[nn.Module, Tensor, Tensor]]:
    found: list[tuple[nn.Module, Tensor, Tensor]] = []
    for module in given.network.modules():
        module.register_forward_hook(lambda module, inputs, output: found.append((module, inputs[0], output)))
    given.network(given.batches[0][0])
    return found


def _layer(module: nn.Module, y: Tensor) -> int:
    if isinstance(module, nn.Conv2d):
        _, channels, height, width = y.shape
        return height * width * channels * (module.in_channels // module.groups) * module.kernel_size[0] ** 2
    return module.in_features * module.out_features if isinstance(module, nn.Linear) else 0


def _other(module: nn.Module, x: Tensor, y: Tensor) -> int:
    elements = y[0].numel()
    if isinstance(module, nn.BatchNorm2d):
        return 2 * elements
    if isinstance(module, nn.ReLU):
        return elements
    if isinstance(module, nn.AvgPool2d):
        return elements * int(module.kernel_size) ** 2  # type: ignore[arg-type]
    if isinstance(module, nn.AdaptiveAvgPool2d):
        _, channels, height, width = x.shape
        return channels * (height + 1) * (width + 1)
    return 0


def nn_mass(given: Drawn) -> float:
    """Sum over cells of the density of skip channels times the summed widths."""
    return float(
        sum(Fraction(c.skip_channels) / Fraction(c.possible_skip_channels) * sum(c.widths) for c in _of(given))
    )


def nn_degree(given: Drawn) -> float:
    """Sum over cells of the mean width and the skip channels a unit of width."""
    return float(
        sum(Fraction(sum(c.widths), len(c.widths)) + Fraction(c.skip_channels, sum(c.widths)) for c in _of(given))
    )


def _of(given: Drawn) -> list[SkipCell]:
    if not given.cells:
        raise ValueError("defined only for chains of cells")
    return list(given.cells)
