"""One forward of the batch, and on its graph the backwards that any of several needs ask for.

Serves `LossGradients` (of the first batch), `ChannelSaliencies`, `ReluAgreement` and `InputJacobian`. Taps are
forward hooks; the input Jacobian is taken before the taps that listen to the loss's backward are attached.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from zsbench import evidence
from zsbench.errors import DegenerateError
from zsbench.evidence import Need
from zsbench.probes.batch_norm import GroupedBatchNorm
from zsbench.probes.subject import Subject, layers
from zsbench.probes.vanishing import cancels

RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU)
"""Units that are on or off: their output is positive where their input is. NASWOT's code takes all of them."""
SERVED = (evidence.LossGradients, evidence.ChannelSaliencies, evidence.ReluAgreement, evidence.InputJacobian)


@dataclass
class Timed:
    """Evidence, and what it alone would cost: the passes it needs, counted in full."""

    value: Any
    seconds: float


class Stopwatch:
    """Seconds since the last look; what a GPU was asked to do counts until it is done."""

    def __init__(self) -> None:
        """Start."""
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Return the seconds since the start or the last lap."""
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        now = time.perf_counter()
        lap, self._last = now - self._last, now
        return lap


def rows(x: Tensor) -> Tensor:
    """Flatten all but the first dimension, without copying a channels-last tensor; the order of units is arbitrary."""
    return (x.permute(0, 2, 3, 1) if x.dim() == 4 else x).flatten(1)


@dataclass
class AgreementTap:
    """Counts, over all ReLU executions, of the units whose on/off code agrees between two inputs."""

    total: Tensor | None = None
    seconds: float = 0.0
    _known: dict[tuple[int, int], tuple[Tensor, Tensor]] = field(default_factory=dict)

    def __call__(self, _module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        """Add one execution. A tensor read by several ReLUs is counted for each, but compared only once."""
        start = time.perf_counter()
        # The version tells a tensor from itself before it was changed in place.
        key = (id(inputs[0]), inputs[0]._version)  # noqa: SLF001 (documented in PyTorch's notes on autograd)
        known = self._known.get(key)
        if known is None:
            codes = rows(codes_of(output.detach()))
            both_on = counts_of_both(codes)
            on = both_on.diagonal()
            known = (inputs[0], codes.shape[1] - on[:, None] - on[None, :] + 2 * both_on)
            self._known[key] = known
        self.total = known[1] if self.total is None else self.total + known[1]
        self.seconds += time.perf_counter() - start

    def take(self) -> Tensor | None:
        """Return the counts, None without a ReLU, and let go of the tensors compared."""
        self._known.clear()
        return self.total


def codes_of(output: Tensor) -> Tensor:
    """Return 1 where a rectifier is on and 0 where it is off, in the dtype of its output (N, ...)."""
    return output.sign().relu_()  # comparing, and converting the result, takes three times as long


def counts_of_both(codes: Tensor) -> Tensor:
    """Return (..., N, N) float64: in how many units two of the N codes (..., N, units) of 0 and 1 are both on.

    Exact: counts below 2^24 are so in float32, and no layer of one input has that many units. A product of bytes, which
    some processors do faster, takes ten times as long on others.
    """
    return (codes @ codes.mT).double()


@dataclass
class OutputTap:
    """Outputs of the layers; once listening, their products with the loss gradient, summed over positions."""

    outputs: list[tuple[nn.Conv2d | nn.Linear, Tensor]] = field(default_factory=list)
    saliencies: dict[int, Tensor] = field(default_factory=dict)
    seconds: float = 0.0

    def __call__(self, module: nn.Conv2d | nn.Linear, _inputs: tuple[Tensor], output: Tensor) -> None:
        """Keep an output (the graph holds it anyway)."""
        self.outputs.append((module, output))

    def listen(self) -> list[RemovableHandle]:
        """Attach to the outputs' gradients, from now on."""
        return [
            output.register_hook(self._collector(number, output.detach()))
            for number, (_, output) in enumerate(self.outputs)
            if output.requires_grad
        ]

    def _collector(self, number: int, output: Tensor) -> Callable[[Tensor], None]:
        def collect(gradient: Tensor) -> None:
            start = time.perf_counter()
            product = output * gradient
            self.saliencies[number] = (product.sum(dim=(2, 3)) if product.dim() == 4 else product).double()
            self.seconds += time.perf_counter() - start

        return collect

    def result(self) -> list[tuple[Tensor, int]]:
        """Return per execution of a layer the (N, C_out) sums (zero where the loss does not reach) and m_l."""
        return [
            (
                self.saliencies.get(number, torch.zeros_like(output[..., 0, 0] if output.dim() == 4 else output)),
                layer.weight[0].numel(),
            )
            for number, (layer, output) in enumerate(self.outputs)
        ]


def measure_batch(needs: Collection[Need], subject: Subject) -> dict[Need, Timed | Exception]:
    """Measure any of `SERVED` on one forward pass of the first batch.

    In the place of an input Jacobian that is zero but for rounding stands a `DegenerateError`.
    """
    wants = {type(need): need for need in needs}
    network = subject.network
    images, labels = subject.batch()
    images.requires_grad_(evidence.InputJacobian in wants)
    agreement, tap, seen = AgreementTap(), OutputTap(), dict[nn.Conv2d | nn.Linear, None]()
    handles = _hooks(network, wants, agreement, tap, seen)
    result: dict[Need, Timed | Exception] = {}
    watch = Stopwatch()
    try:
        with GroupedBatchNorm():
            logits = network(images)
        forward = watch.lap() - agreement.seconds
        if need := wants.get(evidence.ReluAgreement):
            result[need] = Timed(agreement.take(), forward + agreement.seconds)
        needs_loss = evidence.LossGradients in wants or evidence.ChannelSaliencies in wants
        if need := wants.get(evidence.InputJacobian):
            (jacobian,) = torch.autograd.grad(
                logits.sum(), images, retain_graph=needs_loss, allow_unused=True, materialize_grads=True
            )
            result[need] = Timed(rows(jacobian).double().cpu().numpy(), forward + watch.lap())
        if needs_loss:
            handles += tap.listen()
            gradients = weight_gradients(functional.cross_entropy(logits, labels), seen)
            backward = watch.lap() - tap.seconds
            if need := wants.get(evidence.LossGradients):
                result[need] = Timed([gradients], forward + backward)
            if need := wants.get(evidence.ChannelSaliencies):
                result[need] = Timed(tap.result(), forward + backward + tap.seconds)
    finally:
        for handle in handles:
            handle.remove()
    if (need := wants.get(evidence.InputJacobian)) and cancels(jacobian, logits, subject):
        result[need] = DegenerateError("the summed outputs of a batch do not depend on its images, but for rounding")
    return result


def _hooks(
    network: nn.Module,
    wants: dict[type[Need], Need],
    agreement: AgreementTap,
    tap: OutputTap,
    seen: dict[nn.Conv2d | nn.Linear, None],
) -> list[RemovableHandle]:
    handles = [layer.register_forward_pre_hook(lambda module, _: seen.setdefault(module)) for layer in layers(network)]
    if evidence.ReluAgreement in wants:
        handles += [m.register_forward_hook(agreement) for m in network.modules() if isinstance(m, RECTIFIERS)]
    if evidence.ChannelSaliencies in wants:
        handles += [layer.register_forward_hook(tap) for layer in layers(network)]
    return handles


def weight_gradients(loss: Tensor, executed: Collection[nn.Conv2d | nn.Linear]) -> evidence.WeightGradients:
    """Return (weight, gradient) of the executed layers; zero where the loss does not depend on a layer."""
    weights = [layer.weight for layer in executed]
    gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    return [(weight.detach(), gradient) for weight, gradient in zip(weights, gradients, strict=True)]
