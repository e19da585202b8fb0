"""FLOPs of one input with BatchNorm, ReLU and pooling counted, as NAS-Bench-Suite-Zero and ZiCo print them."""

from __future__ import annotations

from zsbench.evidence import LayerCounts, Structure
from zsbench.registry import proxy


@proxy(needs=Structure(), higher_is_better=True, family="complexity", criterion="E+G", cite="li2024survey")
def flops_all(counts: LayerCounts) -> int:
    """`flops` plus BatchNorm 2 and ReLU 1 an element, average pooling k^2 an output, global pooling (h+1)(w+1)."""
    return counts.conv_linear_macs + counts.other_operations
