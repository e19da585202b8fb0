"""How evenly gradients are spread over layers: the smallest layer norm relative to the largest (an example)."""

from typing import TYPE_CHECKING

from zsbench.evidence import LossGradients
from zsbench.registry import proxy

if TYPE_CHECKING:
    from zsbench.evidence import WeightGradients


@proxy(needs=LossGradients(), higher_is_better=True, family="gradient", criterion="T", cite="")
def gradient_spread(batches: list["WeightGradients"]) -> float:
    """min_l ||g_l|| / max_l ||g_l||; the function's name is the proxy's."""
    norms = [float(gradient.double().norm()) for _, gradient in batches[0]]
    return min(norms) / max(norms) if max(norms) else 0.0
