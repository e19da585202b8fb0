"""Official files written by `torch.save`: loaded by torch's restricted loader, nothing is executed."""

from __future__ import annotations

import pickle
import re
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from zsbench.errors import ZsbenchError

_DAMAGE = (
    pickle.UnpicklingError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What torch's loaders raise on files that are damaged, or none of theirs."""


def load_restricted(path: Path) -> Any:
    """Load a file of `torch.save` that holds plain containers, numbers and NumPy scalars; execute nothing.

    Raise `ZsbenchError` naming what else the file asks for, or that it is damaged.
    """
    import torch
    from numpy._core.multiarray import scalar

    allowed: list[Any] = [
        (scalar, "numpy.core.multiarray.scalar"),  # as NumPy 1 spelt it, and the official file does
        (scalar, "numpy._core.multiarray.scalar"),
        np.dtype,
        np.dtypes.Float64DType,
        np.dtypes.Float32DType,
        np.dtypes.Int64DType,
    ]
    try:
        with torch.serialization.safe_globals(allowed), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on pickle protocols of foreign files
            return torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError) as error:
        hint = "zsbench data list says where to get it"
        raise ZsbenchError(f"cannot read {path}: {error.strerror}", hint) from error
    except _DAMAGE as error:
        asked = re.search(r"(?:GLOBAL|class|reduce for unrecognized function) ([\w.]+)", str(error))
        if isinstance(error, pickle.UnpicklingError) and asked:
            raise ZsbenchError(
                f"{path} is refused: its pickle asks for {asked[1]}",
                "the official file has no need of it; nothing was executed",
            ) from error
        raise ZsbenchError(
            f"{path} is truncated or no file of torch.save: {_reason(error)}", "fetch it again"
        ) from error


def _reason(error: Exception) -> str:
    """Return torch's reason in a line, without its advice to load the file unrestricted."""
    inner = re.search(r"WeightsUnpickler error: *(\S[^\n]*)", str(error))
    if isinstance(error, pickle.UnpicklingError):
        return inner[1][:160].strip() if inner else "not a pickle that can be loaded restricted"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
