"""NN-Mass: density of skip connections times width and depth (Bhardwaj et al., CVPR 2021), for chains of cells."""

from __future__ import annotations

from zsbench.evidence import SkipCell, Topology
from zsbench.registry import proxy


@proxy(needs=Topology(), higher_is_better=True, family="complexity", criterion="T", cite="bhardwaj2021nnmass")
def nn_mass(cells: list[SkipCell]) -> float:
    """Sum over cells of rho_c times the cell's summed widths, rho_c = skip channels / possible skip channels."""
    return float(
        sum(
            cell.skip_channels / cell.possible_skip_channels * sum(cell.widths)
            for cell in cells
            if cell.possible_skip_channels
        )
    )
