"""SNIP: connection sensitivity at initialisation (Lee et al., ICLR 2019, eq. 4; as a score: Abdelfattah et al., 2021).

The survey prints an absolute value per layer, which is 0 for every layer in front of a BatchNorm: it is elementwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import LossGradients, WeightGradients
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(needs=LossGradients(), higher_is_better=True, family="gradient", criterion="T", cite="lee2019snip")
def snip(batches: list[WeightGradients]) -> Tensor | float:
    """Sum over layers and weights of |W g|."""
    return sum((weight.double() * gradient.double()).abs().sum() for weight, gradient in batches[0])
