"""GraSP: gradient signal preservation (Wang et al., ICLR 2020), with the sign of zero-cost-nas.

Every layer in front of a BatchNorm adds its squared gradient norm; only the others can take away, so that the score is
a difference of large numbers with heavy tails: report several seeds.
"""

from __future__ import annotations

from zsbench.evidence import HessianGradient
from zsbench.registry import proxy


@proxy(
    needs=HessianGradient(),
    higher_is_better=True,
    family="gradient",
    criterion="T",
    cite="wang2020grasp",
    rtol=1e-4,  # large terms that cancel
)
def grasp(weight_hessian_gradient: float) -> float:
    """-<W, H g>: H the Hessian of the mean loss over all layers' weights, g its gradient, temperature 1."""
    return -weight_hessian_gradient
