"""One forward of the batch through a stack, and on its graph the backwards of several needs.

The loss is the sum of the networks' mean cross-entropies. None of them depends on another's weights or images, so that
the gradient of the sum holds each network's own in its blocks.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from zsbench import evidence
from zsbench.errors import DegenerateError
from zsbench.evidence import Floats, Need, WeightGradients
from zsbench.probes.batch_norm import GroupedBatchNorm
from zsbench.probes.batch_pass import OutputTap, Stopwatch, Timed, codes_of, counts_of_both
from zsbench.probes.stacked.stack import Stack, apart, held_by, stacked_layers
from zsbench.probes.vanishing import cancels

StackGradients = list[tuple[nn.Conv2d, Tensor]]
"""(layer of the stack, gradient of its weights)."""
Found = list[Timed | Exception]
"""What was measured, network by network."""


@dataclass
class StackAgreementTap:
    """Counts, for every network over all of its ReLU executions, the units whose code agrees between two inputs."""

    total: Tensor | None = None
    seconds: float = 0.0

    def __call__(self, module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> None:
        """Add what one ReLU of the stack stands for."""
        start = time.perf_counter()
        executions: tuple[int, ...] = module.executions  # type: ignore[assignment]
        codes = codes_of(output.detach()).unflatten(1, (len(executions), -1)).transpose(0, 1).flatten(2)
        both_on = counts_of_both(codes)
        on = both_on.diagonal(dim1=1, dim2=2)
        agree = codes.shape[2] - on[:, :, None] - on[:, None, :] + 2 * both_on
        agree *= torch.tensor(executions, device=agree.device)[:, None, None]
        self.total = agree if self.total is None else self.total + agree
        self.seconds += time.perf_counter() - start

    def take(self, networks: int) -> list[Tensor] | list[None]:
        """Return the (N, N) counts of each of so many networks, None without a ReLU."""
        return [None] * networks if self.total is None else list(self.total.cpu())


@dataclass
class BatchPass:
    """What one pass of the first batch through a stack leaves."""

    found: dict[Need, Found] = field(default_factory=dict)
    gradients: StackGradients = field(default_factory=list)
    """For what goes on from the loss gradients."""


def measure_batch_stacked(needs: Collection[Need], stack: Stack) -> BatchPass:
    """Measure any needs that `measure_batch` serves; raise what it raises for a single network."""
    wants = {type(need): need for need in needs}
    network = stack.network
    images, labels = stack.batch()
    images.requires_grad_(evidence.InputJacobian in wants)
    agreement, tap = StackAgreementTap(), OutputTap()
    handles = _hooks(network, wants, agreement, tap)
    result, share = BatchPass(), 1 / len(stack)
    watch = Stopwatch()
    try:
        with GroupedBatchNorm():
            logits = network(images)
        forward = watch.lap() - agreement.seconds
        if need := wants.get(evidence.ReluAgreement):
            seconds = (forward + agreement.seconds) * share
            result.found[need] = [Timed(one, seconds) for one in agreement.take(len(stack))]
        needs_loss = evidence.LossGradients in wants or evidence.ChannelSaliencies in wants
        if need := wants.get(evidence.InputJacobian):
            (jacobian,) = torch.autograd.grad(logits.sum(), images, retain_graph=needs_loss)
            result.found[need] = _jacobians(jacobian, logits.detach(), stack, (forward + watch.lap()) * share)
        if needs_loss:
            watch.lap()
            handles += tap.listen()
            result.gradients = stack_gradients(logits, labels, network)
            backward = watch.lap() - tap.seconds
            if need := wants.get(evidence.LossGradients):
                seconds = (forward + backward) * share
                result.found[need] = [Timed([one], seconds) for one in split_gradients(result.gradients, len(stack))]
            if need := wants.get(evidence.ChannelSaliencies):
                seconds = (forward + backward + tap.seconds) * share
                result.found[need] = [Timed(one, seconds) for one in _saliencies(tap, len(stack))]
    finally:
        for handle in handles:
            handle.remove()
    return result


def _hooks(
    network: nn.Module, wants: dict[type[Need], Need], agreement: StackAgreementTap, tap: OutputTap
) -> list[RemovableHandle]:
    handles = []
    if evidence.ReluAgreement in wants:
        handles += [m.register_forward_hook(agreement) for m in network.modules() if isinstance(m, nn.ReLU)]
    if evidence.ChannelSaliencies in wants:
        handles += [layer.register_forward_hook(tap) for layer in stacked_layers(network)]
    return handles


def stack_gradients(logits: Tensor, labels: Tensor, network: nn.Module) -> StackGradients:
    """Return the gradients of the sum of the mean cross-entropies of logits (N, K, classes), a layer of the stack."""
    layers = stacked_layers(network)
    every = labels[:, None].expand(logits.shape[:2]).flatten()
    loss = functional.cross_entropy(logits.flatten(0, 1), every, reduction="sum") / len(labels)
    gradients = torch.autograd.grad(loss, [layer.weight for layer in layers], allow_unused=True, materialize_grads=True)
    return list(zip(layers, gradients, strict=True))


def split_gradients(gradients: StackGradients, networks: int) -> list[WeightGradients]:
    """Return the (weight, gradient) pairs of each network, shaped as its own layers are, on the CPU.

    What becomes of them is small work for every layer of every network: nothing for a device that waits for launches.
    """
    result: list[WeightGradients] = [[] for _ in range(networks)]
    for layer, gradient in gradients:
        weights = apart(layer.weight.detach().cpu(), layer)
        for (number, own, weight), block in zip(weights, gradient.cpu().chunk(len(weights)), strict=True):
            shape = cast("Tensor", own.weight).shape
            result[number].append((weight.reshape(shape), block.reshape(shape)))
    return result


def _jacobians(jacobian: Tensor, logits: Tensor, stack: Stack, seconds: float) -> Found:
    """Split the (N, K*3, H, W) gradient; a network whose own is zero but for rounding gets a `DegenerateError`."""
    rows: list[Floats] = list(
        jacobian.unflatten(1, (len(stack), 3)).permute(1, 0, 3, 4, 2).flatten(2).double().cpu().numpy()
    )
    own = zip(jacobian.cpu().chunk(len(stack), dim=1), logits.cpu().unbind(1), stack.subjects, strict=True)
    return [
        DegenerateError("the summed outputs of a batch do not depend on its images, but for rounding")
        if cancels(block, outputs, subject)
        else Timed(row, seconds)
        for row, (block, outputs, subject) in zip(rows, own, strict=True)
    ]


def _saliencies(tap: OutputTap, networks: int) -> list[list[tuple[Tensor, int]]]:
    result: list[list[tuple[Tensor, int]]] = [[] for _ in range(networks)]
    for (layer, _), (sums, weights) in zip(tap.outputs, tap.result(), strict=True):
        blocks = sums.cpu().chunk(len(held_by(layer)), dim=1)
        for (number, _), block in zip(held_by(layer), blocks, strict=True):
            result[number].append((block, weights))
    return result
