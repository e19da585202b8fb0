"""<W, H g> of each network of a stack by one forward pass of hyper-dual numbers; see `zsbench.probes.hyper_dual`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from zsbench.probes.hyper_dual import HyperDual, batch_norm, channel_products, mixed_loss
from zsbench.probes.stacked.stack import Stack

MOVING: frozenset[Callable[..., Any]] = frozenset(
    {Tensor.permute, Tensor.unflatten, Tensor.index_select, Tensor.narrow}
)
"""Operations that move blocks of channels about, whatever they hold."""
WIDTH = 64
"""Most channels whose products are taken at once: the products between networks would only be thrown away."""


def measure_hessian_gradients(stack: Stack, gradients: list[tuple[nn.Conv2d, Tensor]]) -> list[float]:
    """Return <W, H g> of each network on the first batch; `gradients` are those of the stack's layers.

    The loss of the stack is the sum of the networks' losses, none of which depends on the weights of another.
    """
    images, labels = stack.batch()
    zeros = torch.zeros_like(images)
    directions = {id(layer.weight): gradient for layer, gradient in gradients}
    network, numbers = stack.network, stack.laid(torch.cat([images, zeros, zeros, zeros]))
    with torch.no_grad(), StackHyperDual(directions, len(images)):
        logits = network(numbers)
    return [mixed_loss(own, labels) for own in logits.double().unbind(1)]


class StackHyperDual(HyperDual):
    """The same rules, and what only stacks do."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Dispatch one call."""
        if func in MOVING:
            return func(*args, **(kwargs or {}))
        return super().__torch_function__(func, types, args, kwargs)

    def _batch_norm(
        self,
        x: Tensor,
        running_mean: Tensor | None,  # noqa: ARG002 (PyTorch's signature)
        running_var: Tensor | None,  # noqa: ARG002
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,  # noqa: FBT001, FBT002, ARG002
        momentum: float = 0.1,  # noqa: ARG002
        eps: float = 1e-5,
    ) -> Tensor:
        return batch_norm(x, weight, bias, eps, _products_in_blocks)


def _products_in_blocks(a: Tensor, b: Tensor) -> Tensor:
    """Return what `channel_products` does, by products of a few channels each."""
    width = math.gcd(a.shape[-1], WIDTH)
    blocks = (x.unflatten(-1, (-1, width)).transpose(-2, -3) for x in (a, b))
    return channel_products(*blocks).flatten(-2)
