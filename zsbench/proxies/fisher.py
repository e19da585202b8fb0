"""Fisher pruning's channel saliency (Theis et al., 2018; Turner et al., ICLR 2020; Abdelfattah et al., ICLR 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.evidence import ChannelSaliencies
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(needs=ChannelSaliencies(), higher_is_better=True, family="gradient", criterion="T", cite="theis2018fisher")
def fisher(layers: list[tuple[Tensor, int]]) -> Tensor | float:
    """Sum over layers and channels of m_l / (2N) sum_n (sum over positions of a dL/da)^2, m_l weights a channel."""
    return sum((saliency**2).mean(dim=0).sum() / 2 * weights for saliency, weights in layers)
