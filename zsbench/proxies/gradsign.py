"""GradSign: agreement of the signs of per-input gradients (Zhang and Jia, ICLR 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import SampleSignSums
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(
    needs=SampleSignSums(),
    higher_is_better=True,
    family="gradient statistics",
    criterion="T+G",
    cite="zhang2022gradsign",
)
def gradsign(sums: list[Tensor]) -> Tensor | float:
    """Sum over all parameters of |sum_n sign(d l_n / d theta)|: 0 to N times the number of parameters."""
    return sum(total.double().abs().sum() for total in sums)
