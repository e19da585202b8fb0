"""BatchNorm whose statistics are summed in groups, since PyTorch's on channels-last tensors lose digits.

On a CPU PyTorch adds the values of a channels-last channel one after the other in float32: of 65,536 the mean is off by
8e-6 of the largest, in its own layout by 4e-8. A tensor (N, C, H, W) whose channels are last in memory is also one of k
times as many channels and a k-th of the positions; of that the same kernels give k partial statistics a channel, which
are then combined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zsbench.probes.operands import BatchNormOperands

FEW = 128
"""Positions up to which PyTorch's own sums keep as many digits as convolutions do."""
WIDE = 1024
"""Channels of the wider view: its rows of 4 KiB keep the partial sums in the fastest cache."""
LONG = 1024
"""Positions that are added one after the other at most, however wide that makes the view: stacks have many channels."""


class GroupedBatchNorm(TorchFunctionMode):
    """Makes train-mode BatchNorm of large float32 channels-last tensors on a CPU sum in groups; touches no buffers."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Dispatch one call."""
        if func is functional.batch_norm:
            call = BatchNormOperands(*args, **(kwargs or {}))
            affine = call.weight is not None and call.bias is not None
            if call.training and affine and (groups := groups_of(call.input)) > 1:
                return Grouped.apply(call.input, call.weight, call.bias, call.eps, groups)  # type: ignore[no-untyped-call]
        return func(*args, **(kwargs or {}))


def groups_of(x: Tensor) -> int:
    """Return into how many groups of equal size the positions of `x` are split; 1 where PyTorch's own sums will do."""
    if x.dim() != 4 or x.dtype != torch.float32 or x.device.type != "cpu":
        return 1
    positions, groups = x.numel() // x.shape[1], 1
    if positions <= FEW or not x.is_contiguous(memory_format=torch.channels_last):
        return 1
    while (groups * x.shape[1] < WIDE or positions > LONG * groups) and positions % (2 * groups) == 0:
        groups *= 2
    return groups


class Grouped(torch.autograd.Function):
    """y = r w (x - mean) + b with r = (var + eps)^-1/2; its derivatives are PyTorch's, given this mean and this r.

    What is one number a channel is computed in numpy: a call into torch takes longer than the arithmetic.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, groups: int) -> Tensor:
        """Combine the groups' statistics: the variance is the mean of the variances and the variance of the means."""
        wide = _wide(x, groups)
        means, variances = (
            one.numpy().reshape(groups, -1) for one in torch.batch_norm_update_stats(wide, None, None, 0.0)
        )
        mean = _mean(means)
        r = (_mean(variances + np.square(means - mean)) + eps) ** -0.5
        factor = r * weight.detach().numpy()
        shift, scale = _repeated(groups, bias.detach().numpy() - mean * factor, factor)
        ctx.save_for_backward(x, weight, *(one.flatten() for one in _repeated(1, mean, r)))
        ctx.eps = eps
        return torch.addcmul(shift, wide, scale).as_strided(x.shape, x.stride())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Leave it to PyTorch: by an exact mean and deviation its gradient by the input is as exact."""
        x, weight, mean, r = ctx.saved_tensors
        gradients = torch.ops.aten.native_batch_norm_backward(
            gradient.contiguous(memory_format=torch.channels_last), x, weight, None, None, mean, r,
            train=True, eps=ctx.eps, output_mask=list(ctx.needs_input_grad[:3]),
        )  # fmt: skip
        return *gradients, None, None


def _wide(x: Tensor, groups: int) -> Tensor:
    """View (N, C, H, W), channels last in memory, as (positions / groups, groups * C, 1, 1)."""
    wide = groups * x.shape[1]
    return x.as_strided((x.numel() // wide, wide, 1, 1), (wide, 1, 1, 1))


def _mean(by_group: NDArray[Any]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.add.reduce(by_group, 0, dtype=np.float64) / len(by_group)
    return mean


def _repeated(groups: int, *vectors: NDArray[np.float64]) -> Sequence[Tensor]:
    """Return float32 (groups * C, 1, 1) tensors of (C,) vectors, repeated for every group."""
    result = np.empty((len(vectors), groups, len(vectors[0])), np.float32)
    result[:] = np.stack(vectors)[:, None]
    return torch.from_numpy(result).view(len(vectors), -1, 1, 1).unbind()
