"""Measures of activations and of gradients a sample or a batch, beyond the eight of the baseline."""

from __future__ import annotations

import copy

import numpy as np
import torch
from one_at_a_time import with_gradients
from torch import Tensor, nn
from torch.nn import functional

from plain.drawn import Drawn

ALPHA = 0.01


def _codes(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Return, a ReLU, the (N, units) codes: 1 where the input is positive."""
    found: list[Tensor] = []
    handles = [
        module.register_forward_hook(lambda _module, inputs, _output: found.append((inputs[0] > 0).flatten(1)))
        for module in network.modules()
        if isinstance(module, nn.ReLU)
    ]
    network(x)
    for handle in handles:
        handle.remove()
    return found


def naswot(given: Drawn) -> float:
    """log |det K|, K = c c' + (1 - c)(1 - c)' summed over ReLUs."""
    images = given.batches[0][0]
    kernel = np.zeros((len(images), len(images)))
    for code in _codes(given.network, images):
        on = code.to(images.dtype)
        kernel += (on @ on.T + (1 - on) @ (1 - on).T).double().numpy()
    return float(np.linalg.slogdet(kernel)[1])


def linear_regions(given: Drawn) -> float:
    """Distinct codes of the crops, mean over thin networks."""
    counts = []
    for network, batches in zip(given.thin, given.crops, strict=True):
        codes = torch.cat([torch.cat(_codes(network, batch), dim=1) for batch in batches])
        counts.append(len(np.unique(codes.numpy(), axis=0)))
    return float(np.mean(counts))


def ntk_cond(given: Drawn) -> float:
    """Largest over smallest eigenvalue of J J', a row of J the gradient of one input's summed logits."""
    weights = [parameter for name, parameter in given.network.named_parameters() if "weight" in name]
    logits = given.network(given.batches[0][0][: given.samples])
    rows = []
    for logit in logits:
        gradients = torch.autograd.grad(
            logit.sum(), weights, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    jacobian = torch.stack(rows).double().numpy()
    eigenvalues = np.linalg.eigvalsh(jacobian @ jacobian.T)
    return float(eigenvalues[-1] / eigenvalues[0])


def gradsign(given: Drawn) -> float:
    """Sum over parameters of |sum over inputs of the sign of the gradient of its own loss|."""
    return float(sum(gradients.sign().sum(dim=0).double().abs().sum() for gradients in gradients_an_input(given)))


def gradients_an_input(given: Drawn) -> list[Tensor]:
    """Return, a parameter, the (n, *shape) gradients of the losses of n batches of one input."""
    images, labels = given.batches[0]
    parameters = list(given.network.parameters())
    each = []
    for n in range(given.samples):
        loss = functional.cross_entropy(given.network(images[n : n + 1]), labels[n : n + 1])
        each.append(torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True))
    return [torch.stack(gradients) for gradients in zip(*each, strict=True)]


def zico(given: Drawn) -> float:
    """Sum over layers of log sum of mean |g| / deviation of g, over two batches."""
    return _zico(_two_gradients(given))


def zico_paper(given: Drawn) -> float:
    """Sum over layers of log sum of mean |g| / deviation of |g|."""
    return _zico([np.abs(gradients) for gradients in _two_gradients(given)])


def _two_gradients(given: Drawn) -> list[np.ndarray]:
    """Return, a layer, the (2, weights) gradients of two batches."""
    each = [with_gradients(copy.deepcopy(given.network), *batch) for batch in given.batches]
    return [
        np.stack([gradient.double().flatten().numpy() for _, gradient in layer]) for layer in zip(*each, strict=True)
    ]


def _zico(layers: list[np.ndarray]) -> float:
    score = 0.0
    for gradients in layers:
        mean, deviation = np.abs(gradients).mean(axis=0), gradients.std(axis=0)
        varies = deviation > 0
        total = (mean[varies] / deviation[varies]).sum()
        score += np.log(total) if total > 0 else 0.0
    return float(score)


def zen(given: Drawn) -> float:
    """log of the mean L1 distance of two inputs' maps, and half the log of each BatchNorm's mean running variance."""
    difference = _maps(given, 0) - _maps(given, ALPHA)
    distance = difference.abs().sum((1, 2, 3)).mean().item()
    variances = [module.running_var.mean().item() for module in _batch_norms(given)]  # type: ignore[union-attr]
    return float(np.log(distance) + sum(np.log(np.sqrt(variance)) for variance in variances))


def zen_paper(given: Drawn) -> float:
    """log of the mean Euclidean distance, and the log of each BatchNorm's deviation on the first input."""
    variances: list[float] = []

    def note(_module: nn.Module, inputs: tuple[Tensor]) -> None:
        variances.append(inputs[0].var((0, 2, 3), unbiased=False).mean().item())

    handles = [module.register_forward_pre_hook(note) for module in _batch_norms(given)]
    first = _maps(given, 0)
    for handle in handles:
        handle.remove()
    distance = (first - _maps(given, ALPHA)).flatten(1).norm(dim=1).mean().item()
    return float(np.log(distance) + sum(np.log(np.sqrt(variance)) for variance in variances if variance))


def _maps(given: Drawn, alpha: float) -> Tensor:
    x, e = given.pair
    with torch.no_grad():
        return given.gaussian.features(x + alpha * e)


def _batch_norms(given: Drawn) -> list[nn.BatchNorm2d]:
    return [module for module in given.gaussian.modules() if isinstance(module, nn.BatchNorm2d)]
