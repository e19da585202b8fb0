"""The Gram matrix of per-input gradients in one train-mode batch: n backwards on one graph."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from zsbench.evidence import Floats, SampleKernel
from zsbench.probes.batch_norm import GroupedBatchNorm
from zsbench.probes.subject import Subject


def measure_kernel(_need: SampleKernel, subject: Subject) -> Floats:
    """Return (n, n): <grad of the summed logits of input i, the same of input j>, over parameters named "weight".

    In train mode the logits of an input depend on the others through BatchNorm, so outer products from one backward
    would be another quantity; each input's own backward is the definition (Chen et al., TE-NAS, ICLR 2021). All
    outputs count as logits, also those of an image.
    """
    images, _ = subject.batch(size=subject.conditions.samples)
    weights = [parameter for name, parameter in subject.network.named_parameters() if "weight" in name]
    with GroupedBatchNorm():
        logits = subject.network(images)
    gradients = [
        torch.autograd.grad(logit, weights, retain_graph=True, allow_unused=True, materialize_grads=True)
        for logit in logits.flatten(1).sum(dim=1)
    ]
    # Weight by weight: all gradients at once in float64 would be gigabytes for networks of 20 M parameters.
    grams = torch.stack([_gram(of_one) for of_one in zip(*gradients, strict=True)]).sum(dim=0)
    kernel: Floats = grams.cpu().numpy()
    return np.asarray((kernel + kernel.T) / 2)


def _gram(gradients: tuple[Tensor, ...]) -> Tensor:
    jacobian = torch.stack(gradients).flatten(1).double()
    return jacobian @ jacobian.T
