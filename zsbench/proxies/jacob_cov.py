"""Correlation of the input Jacobian between inputs (Mellor et al., 2020, arXiv 2006.04647v1)."""

from __future__ import annotations

from zsbench.errors import DegenerateError
from zsbench.evidence import Floats, InputJacobian
from zsbench.registry import proxy


@proxy(
    needs=InputJacobian(),
    higher_is_better=True,
    family="kernel",
    criterion="E",
    cite="mellor2021naswot",
    rtol=1e-4,  # the smallest eigenvalues feel rounding most
)
def jacob_cov(jacobian: Floats, k: float = 1e-5) -> float:
    """-sum_i log(lambda_i + k) + 1 / (lambda_i + k): eigenvalues of the rows' Pearson correlation; -N when it is I."""
    import numpy as np

    if np.any(np.ptp(jacobian, axis=1) == 0):
        raise DegenerateError("an input has a constant gradient: the network does not see it")
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(jacobian)).clip(min=0) + k
    return -float(np.sum(np.log(eigenvalues) + 1 / eigenvalues))
