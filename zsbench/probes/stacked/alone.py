"""What needs passes of its own: kernels, signs, all-ones inputs, Gaussian pairs and thin networks of a whole stack."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from zsbench.errors import UnsupportedError
from zsbench.evidence import (
    Floats,
    GaussianPair,
    OnesGradients,
    PairEvidence,
    SampleKernel,
    SampleSignSums,
    ThinCodes,
    WeightGradients,
)
from zsbench.probes.batch_norm import GroupedBatchNorm
from zsbench.probes.gaussian_pair import features, pair_evidence, type_of_variance
from zsbench.probes.ones import BypassBatchNorm
from zsbench.probes.own_copies import OwnCopies
from zsbench.probes.stacked.batch import split_gradients
from zsbench.probes.stacked.stack import Stack, apart, held_by, stacked_layers


def measure_kernels(_need: SampleKernel, stack: Stack) -> list[Floats]:
    """Return (n, n) for each network, as `measure_kernel` does: n backwards for all of them."""
    images, _ = stack.batch(size=stack.subjects[0].conditions.samples)
    network = stack.network
    held = [(module, name) for module in network.modules() for name, _ in _parameters(module) if "weight" in name]
    weights = [getattr(module, name) for module, name in held]
    with GroupedBatchNorm():
        logits = network(images)
    gradients = [
        torch.autograd.grad(logit, weights, retain_graph=True, allow_unused=True, materialize_grads=True)
        for logit in logits.sum(dim=(1, 2))
    ]
    grams = images.new_zeros(len(stack), len(images), len(images), dtype=torch.float64)
    for (module, _), of_one in zip(held, zip(*gradients, strict=True), strict=True):
        numbers = [number for number, _ in held_by(module)]
        jacobians = torch.stack(of_one).unflatten(1, (len(numbers), -1)).transpose(0, 1).flatten(2).double()
        grams[numbers] += jacobians @ jacobians.mT
    return [np.asarray((gram + gram.T) / 2) for gram in grams.cpu().numpy()]


def measure_sign_sums_stacked(_need: SampleSignSums, stack: Stack) -> list[list[Tensor]]:
    """Return for each network what `measure_sign_sums` does, its parameters in order of registration."""
    images, labels = stack.batch(size=stack.subjects[0].conditions.samples)
    network, mode = stack.network, OwnCopies(len(images))
    with mode:
        logits = network(images)
    if mode.touched:
        raise UnsupportedError("an operation of this stack has no copy of its weights for each input")
    every = labels[:, None].expand(logits.shape[:2]).flatten()
    loss = functional.cross_entropy(logits.flatten(0, 1), every, reduction="sum")
    gradients = torch.autograd.grad(loss, list(mode.copies.values()), allow_unused=True, materialize_grads=True)
    sums = {key: one.sign().sum(dim=0).cpu() for key, one in zip(mode.copies, gradients, strict=True)}
    found: dict[int, Tensor] = {}
    for module in network.modules():
        for name, parameter in _parameters(module):
            for _, own, block in apart(sums[id(parameter)], module):
                theirs = getattr(own, name)
                found[id(theirs)] = block.reshape(theirs.shape)
    return [[found[id(parameter)] for parameter in host.network.parameters()] for host in stack.hosts]


def _parameters(module: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return list(module.named_parameters(recurse=False))


def measure_ones_stacked(need: OnesGradients, stack: Stack) -> list[WeightGradients]:
    """Return for each network what `measure_ones` does."""
    network = stack.fresh().double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    images, _ = stack.batch(size=1)
    with nullcontext() if need.batch_norm else BypassBatchNorm():
        total = network(torch.ones_like(images, dtype=torch.float64)).sum()
    layers = stacked_layers(network)
    weights = [layer.weight for layer in layers]
    gradients = torch.autograd.grad(total, weights, allow_unused=True, materialize_grads=True)
    return split_gradients(list(zip(layers, gradients, strict=True)), len(stack))


def measure_pairs(need: GaussianPair, stack: Stack) -> list[PairEvidence]:
    """Return for each network what `measure_pair` does, from inputs of its own."""
    network = stack.redrawn("normal", "gaussian weights")
    generators = [subject.generator("gaussian inputs") for subject in stack.subjects]
    shape = stack.subjects[0].inputs.batches[0].images.shape
    drawn = [[torch.randn(shape, generator=generator) for _ in range(2)] for generator in generators]
    x, e = (stack.laid(torch.cat(one, dim=1)) for one in zip(*drawn, strict=True))
    with torch.no_grad():
        first, variances = features(network, x)
        second, variances_after = features(network, x + need.alpha * e)
    before, after = (_own_variances(network, found, len(stack)) for found in (variances, variances_after))
    differences = (first - second).cpu().chunk(len(stack), dim=1)
    return [pair_evidence(*of_one) for of_one in zip(differences, before, after, strict=True)]


def _own_variances(network: nn.Module, found: list[type_of_variance], networks: int) -> list[list[type_of_variance]]:
    owners = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    result: list[list[type_of_variance]] = [[] for _ in range(networks)]
    for module, (variance, count, momentum) in zip(owners, found, strict=True):
        for number, _, block in apart(variance.cpu(), module):
            result[number].append((block, count, momentum))
    return result


def measure_thin_stacked(need: ThinCodes, stack: Stack) -> list[list[NDArray[np.uint8]]]:
    """Return for each network what `measure_thin` does."""
    crops = stack.tensor(stack.subjects[0].inputs.crops)
    batches = crops.view(-1, need.size, *crops.shape[1:])
    repeats = [
        _codes(stack, stack.fresh_thin(repeat), batches[repeat * need.batches : (repeat + 1) * need.batches])
        for repeat in range(need.repeats)
    ]
    return [list(of_one) for of_one in zip(*repeats, strict=True)]


def _codes(stack: Stack, network: nn.Module, batches: Tensor) -> list[NDArray[np.uint8]]:
    codes: list[list[Tensor]] = [[] for _ in range(len(stack))]

    def note(module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> None:
        executions: tuple[int, ...] = module.executions  # type: ignore[assignment]
        blocks = (output > 0).unflatten(1, (len(executions), -1)).permute(1, 0, 3, 4, 2).flatten(2).cpu()
        for own, block, times in zip(codes, blocks, executions, strict=True):
            own.extend([block] * times)

    handles = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, nn.ReLU)]
    packed: list[list[NDArray[np.uint8]]] = [[] for _ in range(len(stack))]
    try:
        with torch.no_grad():
            for batch in batches:
                network(stack.repeated(batch))
                for own, found in zip(packed, codes, strict=True):
                    own.append(np.packbits(torch.cat(found, dim=1).numpy(), axis=1))
                    found.clear()
    finally:
        for handle in handles:
            handle.remove()
    return [np.concatenate(own) for own in packed]
