"""NASWOT: log-determinant of the agreement of ReLU codes (Mellor et al., ICML 2021); the survey's Logdet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.errors import SingularError, UnsupportedError
from zsbench.evidence import ReluAgreement
from zsbench.registry import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(needs=ReluAgreement(), higher_is_better=True, family="activation", criterion="E", cite="mellor2021naswot")
def naswot(agreement: Tensor | None) -> float:
    """log |det K|, K_ij the number of ReLU units in which inputs i and j have the same on/off code."""
    import numpy as np

    if agreement is None:
        raise UnsupportedError("the network has no ReLU")
    kernel = agreement.double().cpu().numpy()
    # Rounding alone can leave a singular matrix with a determinant: what counts is its smallest eigenvalue.
    eigenvalues = np.linalg.eigvalsh(kernel)
    if eigenvalues[0] <= len(kernel) * np.finfo(np.float64).eps * eigenvalues[-1]:
        raise SingularError("two inputs have the same ReLU code, or the codes depend on each other linearly")
    return float(np.linalg.slogdet(kernel).logabsdet)
