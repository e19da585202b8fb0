"""Zen-score as its paper defines it (Lin et al., ICCV 2021, eq. 4): Euclidean distance, BatchNorm's batch variances."""

from __future__ import annotations

from zsbench.errors import DegenerateError
from zsbench.evidence import GaussianPair, PairEvidence
from zsbench.registry import proxy


@proxy(
    needs=GaussianPair(), higher_is_better=True, family="expressivity", criterion="E", cite="lin2021zennas", version=2
)
def zen_paper(pair: PairEvidence) -> float:
    """log of the mean distance of the feature maps, plus per BatchNorm half the log of its mean batch variance.

    A BatchNorm that sees a constant would add log 0 and is left out.
    """
    import numpy as np

    if not pair.l2.any():
        raise DegenerateError("the output does not depend on the input")
    scales = [v.mean() for v in pair.batch_variances if v.any()]
    return float(np.log(pair.l2.mean()) + sum(np.log(s) / 2 for s in scales))
