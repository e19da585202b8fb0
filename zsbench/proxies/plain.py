"""Skeletonization: signed sum of weight times gradient (Mozer and Smolensky, NeurIPS 1988).

In front of a BatchNorm the sum is 0 up to its eps, so that on NAS-Bench-201 only the two shortcuts and the classifier
carry it: mostly noise of the draw, and its correlation with accuracy is negative there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import LossGradients, WeightGradients
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(
    needs=LossGradients(),
    higher_is_better=True,
    family="gradient",
    criterion="T",
    cite="mozer1988skeletonization",
    rtol=1e-4,  # large terms that cancel
)
def plain(batches: list[WeightGradients]) -> Tensor | float:
    """Sum over layers and weights of W g."""
    return sum((weight.double() * gradient.double()).sum() for weight, gradient in batches[0])
