"""SynFlow: synaptic flow of absolute weights on an all-ones input (Tanaka et al., NeurIPS 2020), as its logarithm.

BatchNorm is bypassed everywhere; zero-cost-nas keeps it in the reduction blocks, Zen-NAS everywhere and negates.
"""

from __future__ import annotations

import math

from zsbench.errors import DegenerateError
from zsbench.evidence import OnesGradients, WeightGradients
from zsbench.registry import proxy


@proxy(needs=OnesGradients(), higher_is_better=True, family="gradient", criterion="T", cite="tanaka2020synflow")
def synflow(gradients: WeightGradients) -> float:
    """log of the sum over layers and weights of |W| dR/d|W|, R the summed outputs; the raw sum reaches 1e61."""
    flow = float(sum((weight * gradient).sum() for weight, gradient in gradients))
    if flow == 0:
        raise DegenerateError("no synaptic flow reaches the output")
    return math.log(flow)
