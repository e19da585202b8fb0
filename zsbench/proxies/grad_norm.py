"""Sum of the layers' gradient norms (Abdelfattah et al., ICLR 2021); not the norm of the whole gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import LossGradients, WeightGradients
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(needs=LossGradients(), higher_is_better=True, family="gradient", criterion="T", cite="abdelfattah2021zerocost")
def grad_norm(batches: list[WeightGradients]) -> Tensor | float:
    """Sum over layers of ||g_l||_2 for the mean loss of one batch."""
    total: Tensor | float = sum(gradient.double().norm() for _, gradient in batches[0])
    return total
