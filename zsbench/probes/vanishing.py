"""Whether the gradient of the summed outputs of a batch is anything but rounding.

A linear head on the pooled output of a BatchNorm (TransNAS-Bench-101, cells that end without a ReLU) gives logits whose
sum over the batch is constant in train mode. Its gradient is zero, and what is computed of it is noise of the order of
1e-8 of the gradients that cancelled, which a correlation would happily normalise.
"""

from __future__ import annotations

import torch
from torch import Tensor

from zsbench.probes.subject import Subject

SUSPICIOUS = 0.1
"""Norm of an input's gradient over the deviation of the outputs: proper ones have .5 and more."""
ROUNDING = 100
"""Machine epsilons below which the gradient of the sum is no more than what is left of those that cancelled."""


def cancels(jacobian: Tensor, outputs: Tensor, subject: Subject) -> bool:
    """Return whether `jacobian`, of the sum of `outputs` (N, ...) by the images of the first batch, is rounding.

    Only a suspiciously small one costs a second pass, with outputs summed under signs that alternate between inputs.
    """
    size = torch.linalg.vector_norm(jacobian.double()) / len(outputs) ** 0.5
    if size > SUSPICIOUS * outputs.detach().double().std() or not size:
        return False
    images = subject.batch()[0].requires_grad_()
    signs = 1 - 2 * (torch.arange(len(images), device=images.device) % 2)
    outputs = subject.network(images).flatten(1)
    (apart,) = torch.autograd.grad(
        (outputs.sum(dim=1) * signs).sum(), images, allow_unused=True, materialize_grads=True
    )
    uncancelled = torch.linalg.vector_norm(apart.double()) / len(outputs) ** 0.5
    return bool(size <= ROUNDING * torch.finfo(outputs.dtype).eps * uncancelled)
