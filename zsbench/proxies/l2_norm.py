"""Sum of the weights' norms (Abdelfattah et al., ICLR 2021): under default init a noisy count of convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import Weights
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(needs=Weights(), higher_is_better=True, family="complexity", criterion="E", cite="abdelfattah2021zerocost")
def l2_norm(weights: list[Tensor]) -> Tensor | float:
    """Sum over layers of ||W_l||_2."""
    total: Tensor | float = sum(weight.double().norm() for weight in weights)
    return total
