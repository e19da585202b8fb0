"""How far one step of gradient descent moves the weights, relative to their size (an example)."""

from typing import TYPE_CHECKING

from zsbench.evidence import LossGradients
from zsbench.registry import proxy

if TYPE_CHECKING:
    from zsbench.evidence import WeightGradients


@proxy(needs=LossGradients(), higher_is_better=True, family="gradient", criterion="T", cite="")
def weight_drift(batches: list["WeightGradients"]) -> float:
    """Sum over layers of ||gradient|| / ||weight||; the function's name is the proxy's."""
    return sum(float(gradient.norm() / weight.norm()) for weight, gradient in batches[0])
