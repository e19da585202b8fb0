"""NN-Degree: mean width plus skip channels a unit of width (Li et al., FLASH, ACM TECS 2021), for chains of cells."""

from __future__ import annotations

from zsbench.evidence import SkipCell, Topology
from zsbench.registry import proxy


@proxy(
    needs=Topology(),
    higher_is_better=True,
    family="complexity",
    criterion="T",
    cite="li2021flash",
    experimental="how the paper counts skip channels could not be verified; here as NN-Mass counts them",
)
def nn_degree(cells: list[SkipCell]) -> float:
    """Sum over cells of the mean width plus skip channels / summed widths."""
    return sum(sum(cell.widths) / len(cell.widths) + cell.skip_channels / sum(cell.widths) for cell in cells)
