"""The baseline: zero-cost-nas's eight measures, each alone on a deep copy, as the published tools compute them.

Written from the definitions (Abdelfattah et al., ICLR 2021), plainly: PyTorch's own layout and threads, a forward and
what backward it needs for each measure, nothing shared. The values are those of zsbench (tests/test_benchmarks.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


def one_at_a_time(network: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Return the eight measures of a network in train mode on a batch."""
    return {name: float(measure(copy.deepcopy(network), images, labels)) for name, measure in MEASURES.items()}


def layers(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    """Return the convolutions and linear layers."""
    return [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]


def with_gradients(network: nn.Module, images: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return (weight, gradient of the loss) a layer that the loss reaches."""
    functional.cross_entropy(network(images), labels).backward()
    return [(layer.weight.detach(), layer.weight.grad) for layer in layers(network) if layer.weight.grad is not None]


def grad_norm(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum over layers of the Euclidean norm of the gradient."""
    return float(sum(gradient.norm() for _, gradient in with_gradients(network, images, labels)))


def snip(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum of |W g|."""
    return sum((weight * gradient).abs().sum().item() for weight, gradient in with_gradients(network, images, labels))


def plain(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum of W g."""
    return sum((weight * gradient).sum().item() for weight, gradient in with_gradients(network, images, labels))


def grasp(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """-<W, H g>: a first graph for g, a second one for the Hessian-vector product."""
    weights = [layer.weight for layer in layers(network)]
    loss = functional.cross_entropy(network(images), labels)
    first = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    loss = functional.cross_entropy(network(images), labels)
    again = torch.autograd.grad(loss, weights, create_graph=True, allow_unused=True, materialize_grads=True)
    torch.stack([(one * other).sum() for one, other in zip(first, again, strict=True)]).sum().backward()
    return -sum((weight.detach() * weight.grad).sum().item() for weight in weights if weight.grad is not None)


def fisher(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Sum over channels of the mean squared product of activation and its gradient, by weights a channel."""
    kept: list[tuple[int, Tensor]] = []

    def keep(layer: nn.Conv2d | nn.Linear, _inputs: tuple[Tensor], output: Tensor) -> None:
        if output.requires_grad:
            output.retain_grad()
            kept.append((layer.weight[0].numel(), output))

    for layer in layers(network):
        layer.register_forward_hook(keep)
    functional.cross_entropy(network(images), labels).backward()
    total = 0.0
    for weights, output in kept:
        if output.grad is not None:
            saliency = output.detach() * output.grad
            saliency = saliency.sum((2, 3)) if saliency.dim() == 4 else saliency
            total += (saliency**2).mean(0).sum().item() / 2 * weights
    return total


def jacob_cov(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    """Score the eigenvalues of the correlation between the inputs' Jacobians."""
    images = images.detach().clone().requires_grad_()
    (jacobian,) = torch.autograd.grad(network(images).sum(), images)
    correlation = np.corrcoef(jacobian.flatten(1).double().numpy())
    eigenvalues = np.linalg.eigvalsh(correlation).clip(min=0) + 1e-5
    return -float(np.sum(np.log(eigenvalues) + 1 / eigenvalues))


def synflow(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    """log of the sum of |W| times the gradient of the outputs of an all-ones input; BatchNorm bypassed."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.forward = lambda x: x  # type: ignore[method-assign, assignment]
    return float(np.log(synflow_bn(network, images, _labels)))


def synflow_bn(network: nn.Module, images: Tensor, _labels: Tensor) -> float:
    """Sum of |W dR/d|W||, R the outputs of an all-ones input, in float64."""
    network = network.double()
    for parameter in network.parameters():
        parameter.data.abs_()
    network(torch.ones_like(images[:1], dtype=torch.float64)).sum().backward()
    return sum((m.weight * m.weight.grad).abs().sum().item() for m in layers(network) if m.weight.grad is not None)


MEASURES: dict[str, Callable[[nn.Module, Tensor, Tensor], float]] = {
    "grad_norm": grad_norm,
    "snip": snip,
    "grasp": grasp,
    "fisher": fisher,
    "jacob_cov": jacob_cov,
    "plain": plain,
    "synflow": synflow,
    "synflow_bn": synflow_bn,
}
