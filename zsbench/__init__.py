"""zsbench: which training-free score can you trust to rank neural architectures, where, and at what cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zsbench.api import correlate, load_scores

__all__ = ["__version__", "correlate", "load_scores"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the analysis when it is first asked for, so that importing zsbench takes no time."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("zsbench.api"), name)
