"""FLOPs of one input, convolutions and linear layers only (1 multiply-accumulate = 1), as NATS-Bench counts them."""

from __future__ import annotations

from zsbench.evidence import LayerCounts, Structure
from zsbench.registry import proxy


@proxy(needs=Structure(), higher_is_better=True, family="complexity", criterion="E+G", cite="li2024survey")
def flops(counts: LayerCounts) -> int:
    """Sum over convolutions of H W C_out (C_in / groups) k^2, plus in * out of linear layers; biases are free."""
    return counts.conv_linear_macs
