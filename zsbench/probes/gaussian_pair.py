"""Feature maps of a Gaussian batch and of its perturbed twin under N(0, 1) weights (Zen-NAS, ICCV 2021)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zsbench.errors import UnsupportedError
from zsbench.evidence import Floats, GaussianPair, PairEvidence
from zsbench.probes.operands import BatchNormOperands
from zsbench.probes.subject import Subject

type_of_variance = tuple[Tensor, int, float | None]


def measure_pair(need: GaussianPair, subject: Subject) -> PairEvidence:
    """Run f(x) and f(x + alpha e), x and e Gaussian of the batch's shape, f up to global pooling."""
    network = subject.redrawn("normal", "gaussian weights")
    generator = subject.generator("gaussian inputs")
    shape = subject.inputs.batches[0].images.shape
    x, e = (_gaussian(shape, generator, subject.device) for _ in range(2))
    with torch.no_grad():
        first, variances = features(network, x)
        second, variances_after = features(network, x + need.alpha * e)
    return pair_evidence(first - second, variances, variances_after)


def pair_evidence(
    difference: Tensor, variances: list[type_of_variance], variances_after: list[type_of_variance]
) -> PairEvidence:
    """Return the evidence of the difference of two feature maps and of what each BatchNorm saw of each input."""
    distance = difference.flatten(1)
    return PairEvidence(
        l1=_floats(distance.abs().sum(1, dtype=torch.float64)),
        l2=_floats(distance.double().norm(dim=1)),
        batch_variances=[_floats(v * (count - 1) / count) for v, count, _ in variances],
        # What BatchNorm's buffer holds after two forwards that start from 1, computed from the batches' variances.
        running_variances=[
            _floats((1 - m) ** 2 + (1 - m) * m * v1 + m * v2)
            for (v1, _, m), (v2, _, _) in zip(variances, variances_after, strict=True)
            if m is not None
        ],
    )


def _gaussian(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    return torch.randn(shape, generator=generator).to(device).contiguous(memory_format=torch.channels_last)


def _floats(x: Tensor) -> Floats:
    values: Floats = x.double().cpu().numpy()
    return values


class VarianceTap(TorchFunctionMode):
    """Records each BatchNorm's unbiased batch variance, positions a channel and momentum (None if untracked)."""

    def __init__(self) -> None:
        """Start with nothing recorded."""
        super().__init__()
        self.variances: list[type_of_variance] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let BatchNorm write its statistics into buffers of our own; everything else passes."""
        if func is functional.batch_norm:
            return self._batch_norm(BatchNormOperands(*args, **(kwargs or {})))
        return func(*args, **(kwargs or {}))

    def _batch_norm(self, call: BatchNormOperands) -> Tensor:
        x, channels = call.input, call.input.shape[1]
        mean, variance = x.new_zeros(channels), x.new_zeros(channels)
        y = functional.batch_norm(x, mean, variance, call.weight, call.bias, training=True, momentum=1.0, eps=call.eps)
        self.variances.append((variance, x.numel() // channels, None if call.running_var is None else call.momentum))
        return y


def features(network: nn.Module, x: Tensor) -> tuple[Tensor, list[type_of_variance]]:
    """Return the feature maps before global pooling, and what each BatchNorm saw on the way."""
    forward_features = getattr(network, "forward_features", None)
    if not callable(forward_features):
        raise UnsupportedError("the network has no forward_features() that stops before global pooling")
    with VarianceTap() as tap:
        maps: Tensor = forward_features(x)
    return maps, tap.variances
