"""Synaptic flow: absolute weights, BatchNorm bypassed or kept, one all-ones input, float64."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zsbench.errors import UnsupportedError
from zsbench.evidence import OnesGradients, WeightGradients
from zsbench.probes.batch_pass import weight_gradients
from zsbench.probes.subject import Subject, executed


def measure_ones(need: OnesGradients, subject: Subject) -> WeightGradients:
    """Return (|W|, gradient of the summed outputs) a layer, for an input of ones of the dataset's size.

    Raise `UnsupportedError` for a network with tanh.
    """
    network = subject.fresh().double()
    if any(isinstance(module, torch.nn.Tanh) for module in network.modules()):
        raise UnsupportedError("tanh saturates under absolute weights: no flow passes it")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    images, _ = subject.batch(size=1)
    outputs: list[Tensor] = []
    ones = torch.ones_like(images, dtype=torch.float64)
    with nullcontext() if need.batch_norm else BypassBatchNorm():
        layers = executed(network, lambda: outputs.append(network(ones)))
    return weight_gradients(outputs.pop().sum(), layers)


class BypassBatchNorm(TorchFunctionMode):
    """Makes every BatchNorm the identity."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Dispatch one call."""
        if func is functional.batch_norm:
            return args[0]
        return func(*args, **(kwargs or {}))
