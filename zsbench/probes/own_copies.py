"""Per-input gradients of single-input batches, all in one pass.

Every input gets its own copy of every parameter, and BatchNorm its statistics from that input alone, so that one
forward and backward of n inputs is n independent single-image batches. A convolution with n weight copies is a grouped
convolution, which costs what the plain one costs. A network with other parametric operations takes a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zsbench.errors import UnsupportedError
from zsbench.evidence import SampleSignSums
from zsbench.probes.operands import BatchNormOperands, tensors
from zsbench.probes.subject import Subject


def measure_sign_sums(_need: SampleSignSums, subject: Subject) -> list[Tensor]:
    """Return per parameter the sum over inputs of the sign of the loss gradient of that input alone."""
    images, labels = subject.batch(size=subject.conditions.samples)
    return [gradients.sign().sum(dim=0) for gradients in per_input_gradients(subject.network, images, labels)]


def per_input_gradients(network: nn.Module, images: Tensor, labels: Tensor) -> list[Tensor]:
    """Return per parameter, in order of registration, (n, *shape) gradients of the cross-entropies of n batches of 1.

    A parameter that the loss does not reach gets zeros. Raises `UnsupportedError` where a BatchNorm would see a single
    value a channel.
    """
    mode = OwnCopies(len(images))
    parameters = list(network.parameters())
    with mode:
        logits = network(images)
    if mode.touched:
        return looped_gradients(network, images, labels)
    loss = functional.cross_entropy(logits, labels, reduction="sum")
    gradients = torch.autograd.grad(loss, list(mode.copies.values()), allow_unused=True, materialize_grads=True)
    of = dict(zip(mode.copies, gradients, strict=True))
    return [of.get(id(p), p.new_zeros(len(images), *p.shape)) for p in parameters]


def looped_gradients(network: nn.Module, images: Tensor, labels: Tensor) -> list[Tensor]:
    """Return the same by n forwards and backwards of one input each: slower, for any network."""
    parameters = list(network.parameters())
    each = [
        torch.autograd.grad(
            functional.cross_entropy(network(image[None]), label[None]),
            parameters,
            allow_unused=True,
            materialize_grads=True,
        )
        for image, label in zip(images, labels, strict=True)
    ]
    return [torch.stack(gradients) for gradients in zip(*each, strict=True)]


class OwnCopies(TorchFunctionMode):
    """Runs a network with one copy of every parameter an input."""

    def __init__(self, inputs: int) -> None:
        """Prepare for a pass of `inputs` inputs."""
        super().__init__()
        self.inputs = inputs
        self.copies: dict[int, Tensor] = {}
        """id(parameter) -> its (n, *shape) copies, leaves of the graph."""
        self.touched: set[int] = set()
        """ids of parameters that an operation without a rule used: then the pass is not what it should be."""
        self.rules: dict[Callable[..., Any], Callable[..., Tensor]] = {
            functional.conv2d: self._conv2d,
            torch.conv2d: self._conv2d,
            functional.linear: self._linear,
            functional.batch_norm: self._batch_norm,
        }

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Dispatch one call."""
        kwargs = kwargs or {}
        if (rule := self.rules.get(func)) and args:
            return rule(*args, **kwargs)
        self._touch(*args, *kwargs.values())
        return func(*args, **kwargs)

    def _touch(self, *arguments: object) -> None:
        self.touched.update(id(operand) for operand in tensors(arguments) if isinstance(operand, nn.Parameter))

    def _own(self, parameter: Tensor) -> Tensor:
        if id(parameter) not in self.copies:
            copies = parameter.detach().expand(self.inputs, *parameter.shape)
            self.copies[id(parameter)] = copies.contiguous().requires_grad_()
        return self.copies[id(parameter)]

    def _conv2d(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        if not isinstance(weight, nn.Parameter):
            self._touch(bias)
            return functional.conv2d(x, weight, bias, stride, padding, dilation, groups)
        stacked = x.reshape(1, -1, *x.shape[2:])
        kernels = self._own(weight).flatten(0, 1)
        y = functional.conv2d(stacked, kernels, None, stride, padding, dilation, groups * self.inputs)
        y = y.view(self.inputs, -1, *y.shape[2:])
        return y if bias is None else y + self._own(bias)[:, :, None, None]

    def _linear(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if x.dim() != 2 or not isinstance(weight, nn.Parameter):
            self._touch(weight, bias)
            return functional.linear(x, weight, bias)
        y = torch.einsum("ni,noi->no", x, self._own(weight))
        return y if bias is None else y + self._own(bias)

    def _batch_norm(self, *args: Any, **kwargs: Any) -> Tensor:
        call = BatchNormOperands(*args, **kwargs)
        x, weight, bias = call.input, call.weight, call.bias
        if not call.training:
            self._touch(weight, bias)
            return functional.batch_norm(*args, **kwargs)
        if x.dim() < 3 or x[0, 0].numel() == 1:
            raise UnsupportedError("a BatchNorm sees a single value a channel when fed one input at a time")
        y = functional.instance_norm(x, eps=call.eps)
        if weight is not None and bias is not None:
            shape = (*x.shape[:2], *(1,) * (x.dim() - 2))
            y = y * self._own(weight).view(shape) + self._own(bias).view(shape)
        return y
