"""Condition number of the neural tangent kernel (Chen et al., TE-NAS, ICLR 2021), on the full network."""

from __future__ import annotations

from zsbench.errors import DegenerateError, SingularError
from zsbench.evidence import Floats, SampleKernel
from zsbench.registry import proxy


@proxy(
    needs=SampleKernel(),
    higher_is_better=False,
    family="kernel",
    criterion="T",
    cite="chen2021tenas",
    rtol=1e-3,  # the smallest eigenvalues feel rounding most
)
def ntk_cond(kernel: Floats) -> float:
    """lambda_max / lambda_min of the Gram matrix of per-input gradients; lower is better.

    A smallest eigenvalue below N eps lambda_max, eps of the float32 gradients, is not resolved from zero.
    """
    import numpy as np

    eigenvalues = np.linalg.eigvalsh(kernel)
    smallest, largest = eigenvalues[0], eigenvalues[-1]
    if largest == 0:
        raise DegenerateError("all gradients are zero")
    if smallest <= len(kernel) * np.finfo(np.float32).eps * largest:
        raise SingularError("the kernel's smallest eigenvalue is not resolved from zero")
    return float(largest / smallest)
