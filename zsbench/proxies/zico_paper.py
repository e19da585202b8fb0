"""ZiCo as its paper defines it (Li et al., ICLR 2023, eq. 18): deviation of the absolute gradients over batches."""

from __future__ import annotations

from zsbench.evidence import LossGradients, WeightGradients
from zsbench.proxies.zico import zico
from zsbench.registry import proxy


@proxy(
    needs=LossGradients(batches=2),
    higher_is_better=True,
    family="gradient statistics",
    criterion="T+G",
    cite="li2023zico",
    rtol=2e-2,  # two batches' gradients nearly cancel in the deviation
)
def zico_paper(batches: list[WeightGradients]) -> float:
    """Sum over layers of log sum_w mean_b|g| / std_b|g|."""
    score: float = zico([[(weight, gradient.abs()) for weight, gradient in batch] for batch in batches])
    return score
