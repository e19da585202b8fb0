"""Number of learnable parameters: the baseline of every benchmark paper (Li et al., TPAMI 2024)."""

from __future__ import annotations

from zsbench.evidence import LayerCounts, Structure
from zsbench.registry import proxy


@proxy(needs=Structure(), higher_is_better=True, family="complexity", criterion="E+G", cite="li2024survey")
def params(counts: LayerCounts) -> int:
    """Scalars in all learnable tensors: shared tensors once, buffers not, operators behind a cut included."""
    return counts.parameters
