"""TE-NAS for standalone networks: rank of the kernel's conditioning plus rank of the region count (Chen et al., 2021).

The paper ranks the changes that pruning an operator of a supernet makes; standalone scores are other tools' and ours.
"""

from __future__ import annotations

from zsbench.evidence import Floats
from zsbench.registry import proxy


@proxy(
    of=("ntk_cond", "linear_regions"), higher_is_better=True, family="aggregate", criterion="E+T", cite="chen2021tenas"
)
def te_nas(ntk_cond: Floats, linear_regions: Floats) -> Floats:
    """Sum of the ranks (average for ties) of two oriented scores over the population being ranked."""
    from scipy.stats import rankdata

    ranks: Floats = rankdata(ntk_cond) + rankdata(linear_regions)
    return ranks
