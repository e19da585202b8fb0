"""Networks of the PyPI package `pytorchcv` (Oleg Sémery, MIT), one of its modules imported at a time.

Weights keep the package's own initialisation. For the rest see `zsbench.networks.adapted`.
"""

from __future__ import annotations

import importlib

from torch import nn

from zsbench.errors import ZsbenchError
from zsbench.networks.adapted import POOLS, Adapted

INSTALL = "pip install --no-deps pytorchcv==0.0.74"
"""Without its dependencies: it asks for torchvision, which these networks don't need."""


def zoo_network(module: str, name: str, size: int) -> nn.Module:
    """Build the network that `pytorchcv.models.<module>` calls `name`, for images of `size` pixels a side.

    It has the package's own number of classes. Raises `ZsbenchError` if the package isn't installed, or lacks it.
    """
    try:
        builder = getattr(importlib.import_module(f"pytorchcv.models.{module}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pytorchcv":
            raise
        raise ZsbenchError(f"{name} is built by the package pytorchcv, which is not installed", INSTALL) from error
    except AttributeError as error:
        raise ZsbenchError(f"the installed pytorchcv has no network called {name}", INSTALL) from error
    network: nn.Module = builder()
    if tuple(network.in_size) != (size, size):  # type: ignore[arg-type]
        pool_whole_map(network)
    return Adapted(network)


def pool_whole_map(network: nn.Module) -> None:
    """Let a final pooling of fixed extent, made for the maps of another resolution, average the whole map."""
    last = [name for name, module in network.named_modules() if isinstance(module, POOLS)][-1:]
    for name in last:
        if isinstance(network.get_submodule(name), nn.AvgPool2d):
            network.set_submodule(name, nn.AdaptiveAvgPool2d(1))
