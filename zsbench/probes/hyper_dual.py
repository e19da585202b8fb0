"""<W, H g> without a Hessian: one forward pass of hyper-dual numbers.

The quantity is a mixed second derivative, d/ds d/dt L(W + s W + t g) at s = t = 0. Carrying (x, dx/ds, dx/dt,
d2x/dsdt) through the network, stacked along the batch dimension, gives it by six convolutions of the batch a layer and
no backward pass, where a double backward needs nine. Linear operations act on the stack as they are; only those with
weights, BatchNorm, ReLU and the loss have rules here. A network that uses anything else takes `double_backward`, as
does one that adds a constant, mixes inputs, or uses a layer's weight outside the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zsbench.evidence import WeightGradients
from zsbench.probes.operands import tensors
from zsbench.probes.subject import Subject


class UnknownOperationError(Exception):
    """An operation without a hyper-dual rule was met."""


def measure_hessian_gradient(subject: Subject, gradients: WeightGradients) -> float:
    """Return <W, H g> over the weights of all layers, for the loss on the first batch, whose gradients are given."""
    images, labels = subject.batch()
    network = subject.network
    try:
        return mixed_derivative(network, images, labels, gradients)
    except UnknownOperationError:
        weights = [layer.weight for layer, _ in _by_layer(network, gradients)]
        return double_backward(functional.cross_entropy(network(images), labels), weights)


def double_backward(loss: Tensor, weights: list[Tensor]) -> float:
    """Return <W, H g> by differentiating <g, stop(g)>; works for any network, slower."""
    gradients = torch.autograd.grad(loss, weights, create_graph=True, allow_unused=True, materialize_grads=True)
    inner = torch.stack([(g * g.detach()).sum() for g in gradients]).sum()
    products = torch.autograd.grad(inner, weights, allow_unused=True, materialize_grads=True)
    return sum(float((w.detach().double() * p.double()).sum()) for w, p in zip(weights, products, strict=True))


def mixed_derivative(network: nn.Module, images: Tensor, labels: Tensor, gradients: WeightGradients) -> float:
    """Return d/ds d/dt of the mean cross-entropy along W (s) and `gradients` (t)."""
    directions = {id(layer.weight): g for layer, g in _by_layer(network, gradients)}
    zeros = torch.zeros_like(images)
    stack = torch.cat([images, zeros, zeros, zeros]).contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), HyperDual(directions, len(images)):
        logits = network(stack)
    return mixed_loss(logits.double(), labels)


def _by_layer(network: nn.Module, gradients: WeightGradients) -> list[tuple[nn.Conv2d | nn.Linear, Tensor]]:
    layer_of = {m.weight.data_ptr(): m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))}
    return [(layer_of[weight.data_ptr()], gradient) for weight, gradient in gradients]


def mixed_loss(logits: Tensor, labels: Tensor) -> float:
    """Mixed second derivative of the mean cross-entropy; only the log-sum-exp part is curved."""
    z, z1, z2, z12 = logits.chunk(4)
    p = z.softmax(dim=1)
    curved = (p * z1 * z2).sum(1) - (p * z1).sum(1) * (p * z2).sum(1)
    straight = (p * z12).sum(1) - z12.gather(1, labels[:, None])[:, 0]
    return float((curved + straight).mean())


LINEAR: frozenset[Callable[..., Any]] = frozenset(
    {
        functional.avg_pool2d,
        functional.adaptive_avg_pool2d,
        torch.flatten,
        Tensor.flatten,
        torch.cat,
        torch.zeros_like,
        torch.mean,
        Tensor.mean,
        Tensor.view,
        Tensor.reshape,
        Tensor.new_ones,
    }
)
"""Operations that act on stacked tangents as they act on values."""

ADDING: frozenset[Callable[..., Any]] = frozenset({torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__})
"""Operations that do so when all operands are stacks: a constant has no tangent."""

SCALING: frozenset[Callable[..., Any]] = frozenset({Tensor.__mul__, Tensor.mul, torch.mul})
"""Operations that do so when only one operand is a stack."""


class HyperDual(TorchFunctionMode):
    """Replaces the non-linear operations of a network by their hyper-dual rules."""

    def __init__(self, directions: Mapping[int, Tensor], inputs: int) -> None:
        """`directions` maps id(weight) to the direction t; `inputs` is N, a quarter of the stack."""
        super().__init__()
        self.directions = directions
        self.inputs = inputs
        self.constants: dict[int, Tensor] = {}
        """id -> tensors that the network itself made of ones (held, so that no id is used again)."""
        self.rules: dict[Callable[..., Any], Callable[..., Tensor]] = {
            functional.conv2d: self._conv2d,
            torch.conv2d: self._conv2d,
            functional.linear: self._linear,
            functional.batch_norm: self._batch_norm,
            functional.relu: self._relu,
            torch.relu: self._relu,
        }

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Dispatch one call."""
        kwargs = kwargs or {}
        if (rule := self.rules.get(func)) and args and self._is_stack(args[0]):
            return rule(*args, **kwargs)
        operands = list(tensors([*args, *kwargs.values()]))
        stacks = sum(self._is_stack(operand) for operand in operands)
        result = func(*args, **kwargs)
        if next(tensors([result]), None) is None:  # a size, a dtype and the like
            return result
        if stacks and not _acts_linearly(func, args, stacks, len(operands)):
            raise UnknownOperationError(func)
        if func is Tensor.new_ones:
            self.constants[id(result)] = result
        elif isinstance(result, Tensor):
            mixes = stacks and not self._is_stack(result)
            if mixes or any(id(operand) in self.directions for operand in operands):
                raise UnknownOperationError(func)
        return result

    def _is_stack(self, argument: object) -> bool:
        # A stack is told by its shape, which the kernel of a pooling may have, too: as many channels as 4N.
        if not isinstance(argument, Tensor) or isinstance(argument, nn.Parameter) or id(argument) in self.constants:
            return False
        return argument.dim() > 1 and argument.size(0) == 4 * self.inputs

    def _conv2d(self, x: Tensor, weight: Tensor, bias: Tensor | None = None, *args: Any, **kwargs: Any) -> Tensor:
        def apply(x: Tensor, weight: Tensor) -> Tensor:
            return functional.conv2d(x, weight, None, *args, **kwargs)

        return self._bilinear(apply, x, weight, None if bias is None else bias[:, None, None])

    def _linear(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return self._bilinear(functional.linear, x, weight, bias)

    def _bilinear(
        self, apply: Callable[[Tensor, Tensor], Tensor], x: Tensor, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        """y = (W + sW + tV)(x + s x1 + t x2 + st x12), of which the coefficients of 1, s, t, st are kept."""
        if self._is_stack(weight):
            raise UnknownOperationError("weights that depend on the input")
        y = apply(x, weight)
        value, y1, y2, y12 = y.chunk(4)
        if id(weight) in self.directions:
            y1 += value
            y12 += y2
            along = apply(x[: 2 * self.inputs], self.directions[id(weight)])
            y2 += along[: self.inputs]
            y12 += along[self.inputs :]
        if bias is not None:
            value += bias
        return y

    def _relu(self, x: Tensor, inplace: bool = False) -> Tensor:  # noqa: FBT001, FBT002, ARG002 (PyTorch's signature)
        on = x[: self.inputs].sign().relu_()  # 1 or 0; comparing and converting takes six times as long
        parts: Tensor = x.unflatten(0, (4, -1))
        return (parts * on).flatten(0, 1)

    def _batch_norm(
        self,
        x: Tensor,
        running_mean: Tensor | None,  # noqa: ARG002 (PyTorch's signature)
        running_var: Tensor | None,  # noqa: ARG002
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,  # noqa: FBT001, FBT002
        momentum: float = 0.1,  # noqa: ARG002
        eps: float = 1e-5,
    ) -> Tensor:
        if not training or x.dim() not in {2, 4}:
            raise UnknownOperationError("BatchNorm in eval mode, or of another shape")
        return batch_norm(x, weight, bias, eps)


def _acts_linearly(func: Callable[..., Any], args: tuple[Any, ...], stacks: int, operands: int) -> bool:
    if func in ADDING:
        return stacks == operands and not any(isinstance(a, (int, float)) and a != 0 for a in args)
    return (func in LINEAR and stacks == operands) or (func in SCALING and stacks == 1)


def batch_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    products: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Tensor:
    """Hyper-dual BatchNorm on batch statistics of a (4N, C, H, W) or (4N, C) stack.

    With xc the centred input, v = mean xc^2 + eps and r = v^-1/2: y = r xc, and r's derivatives follow from those of v.
    `products` is another way to what `channel_products` returns.
    """
    products = products or channel_products
    channels = x.shape[1]
    flat = (x.permute(0, 2, 3, 1) if x.dim() == 4 else x).reshape(4, -1, channels)
    y = flat - flat.mean(1, keepdim=True)
    with_value = products(y, y[0]).double() / flat.shape[1]
    cross = products(y[1], y[2]).double() / flat.shape[1]
    v, v1, v2 = with_value[0] + eps, 2 * with_value[1], 2 * with_value[2]
    v12 = 2 * (with_value[3] + cross)
    # With r = v^-1/2: the ratios r1/r, r2/r and r12/r.
    q1, q2 = -0.5 * v1 / v, -0.5 * v2 / v
    q12 = (-0.5 * v12 / v + 3 * q1 * q2).to(x.dtype)
    q1, q2 = q1.to(x.dtype), q2.to(x.dtype)
    y *= (v.rsqrt() if weight is None else v.rsqrt() * weight.double()).to(x.dtype)
    y[3].addcmul_(y[2], q1).addcmul_(y[1], q2).addcmul_(y[0], q12)
    y[1].addcmul_(y[0], q1)
    y[2].addcmul_(y[0], q2)
    if bias is not None:
        y[0] += bias
    if x.dim() == 2:
        return y.flatten(0, 1)
    return y.view(x.shape[0], *x.shape[2:], channels).permute(0, 3, 1, 2)


def channel_products(a: Tensor, b: Tensor) -> Tensor:
    """Return (..., C) the inner products of the columns of a (..., positions, C) and b (positions, C).

    By small matrix products: only their diagonals are used, yet this beats any elementwise reduction.
    """
    return (a.mT @ b).diagonal(dim1=-2, dim2=-1)
