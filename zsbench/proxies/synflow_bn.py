"""SynFlow with BatchNorm kept, as zero-cost-nas has it beside the bypassed one (Abdelfattah et al., ICLR 2021).

BatchNorm of one constant input centres away all but what the padding lets in at the borders, and where it sees a single
position it raises: this is here to compare implementations, not to rank by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import OnesGradients, WeightGradients
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(
    needs=OnesGradients(batch_norm=True),
    higher_is_better=True,
    family="gradient",
    criterion="T",
    cite="abdelfattah2021zerocost",
)
def synflow_bn(gradients: WeightGradients) -> Tensor | float:
    """Sum over layers and weights of |W dR/d|W||, R the summed outputs of one all-ones input, train mode."""
    return sum((weight * gradient).abs().sum() for weight, gradient in gradients)
