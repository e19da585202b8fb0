"""Initialisations: PyTorch's own, Kaiming's, and N(0, 1)."""

from __future__ import annotations

from torch import nn


def initialise(network: nn.Module, name: str) -> None:
    """Redraw the weights of convolutions and linear layers from torch's global generator; `default` keeps them.

    Other initialisations set biases and BatchNorm shifts to 0 and BatchNorm scales to 1, as the proposing codes do.
    """
    if name == "default":
        return
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            _draw(module, name)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)


def _draw(layer: nn.Conv2d | nn.Linear, name: str) -> None:
    match name:
        case "kaiming_fan_in":
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        case "kaiming_fan_out":
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        case "normal":
            nn.init.normal_(layer.weight)
        case _:
            msg = f"no such initialisation: {name}"
            raise ValueError(msg)
