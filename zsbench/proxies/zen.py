"""Zen-score as its code computes it (Lin et al., ICCV 2021): Gaussian complexity with BatchNorm's running variances.

The released code reads BatchNorm's running variance after two forwards, .81 + .19 v with momentum .1, and so takes
off about .8 a BatchNorm; its buffers start from 1 here before every repeat. On cells with parallel branches the
authors do not define the score.
"""

from __future__ import annotations

from zsbench.errors import DegenerateError, UnsupportedError
from zsbench.evidence import GaussianPair, PairEvidence
from zsbench.registry import proxy


@proxy(
    needs=GaussianPair(), higher_is_better=True, family="expressivity", criterion="E", cite="lin2021zennas", version=2
)
def zen(pair: PairEvidence) -> float:
    """log of the mean L1 distance of the feature maps, plus per BatchNorm half the log of its mean running variance."""
    import numpy as np

    if len(pair.running_variances) < len(pair.batch_variances):
        raise UnsupportedError("a BatchNorm tracks no running statistics")
    if not pair.l1.any():
        raise DegenerateError("the output does not depend on the input")
    return float(np.log(pair.l1.mean()) + sum(np.log(v.mean()) / 2 for v in pair.running_variances))
