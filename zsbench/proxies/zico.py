"""ZiCo as its code computes it (Li et al., ICLR 2023): inverse coefficient of variation of gradients over batches."""

from __future__ import annotations

import math

from zsbench.errors import DegenerateError
from zsbench.evidence import LossGradients, WeightGradients
from zsbench.registry import proxy


@proxy(
    needs=LossGradients(batches=2),
    higher_is_better=True,
    family="gradient statistics",
    criterion="T+G",
    cite="li2023zico",
    rtol=2e-2,  # two batches' gradients nearly cancel in the deviation
)
def zico(batches: list[WeightGradients]) -> float:
    """Sum over layers of log sum_w mean_b|g| / std_b(g): the deviation is that of the signed gradient."""
    score, informative = 0.0, 0
    for layer in zip(*batches, strict=True):
        gradients = [gradient.double() for _, gradient in layer]
        mean = sum(gradients) / len(gradients)
        deviation = (sum((g - mean) ** 2 for g in gradients) / len(gradients)).sqrt()
        magnitude = sum(g.abs() for g in gradients) / len(gradients)
        # A weight whose gradient does not vary counts nothing, and so does a layer of such weights.
        ratios = (magnitude / deviation).where(deviation > 0, 0.0)
        if (total := float(ratios.sum())) > 0:
            score += math.log(total)
            informative += 1
    if not informative:
        raise DegenerateError("no gradient differs between the batches")
    return score
