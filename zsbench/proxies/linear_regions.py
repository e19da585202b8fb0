"""Number of linear regions that tiny inputs fall into (Chen et al., TE-NAS, ICLR 2021; Xiong et al., ICML 2020)."""

from __future__ import annotations

from zsbench.evidence import Codes, ThinCodes
from zsbench.registry import proxy


@proxy(
    needs=ThinCodes(),
    higher_is_better=True,
    family="activation",
    criterion="E",
    cite="chen2021tenas",
    rtol=1e-3,  # a few codes stand on an edge
)
def linear_regions(repeats: list[Codes]) -> float:
    """Distinct ReLU codes among 3,000 one-channel 3x3 inputs of a one-channel network, mean over initialisations."""
    import numpy as np

    return float(np.mean([len({code.tobytes() for code in codes}) for codes in repeats]))
