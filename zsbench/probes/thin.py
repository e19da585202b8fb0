"""ReLU codes of a one-channel network on tiny one-channel inputs (TE-NAS, ICLR 2021)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zsbench.errors import UnsupportedError
from zsbench.evidence import ThinCodes
from zsbench.probes.batch_pass import rows
from zsbench.probes.subject import Subject


def measure_thin(need: ThinCodes, subject: Subject) -> list[NDArray[np.uint8]]:
    """Return per repeat the packed codes of `batches * size` inputs; BatchNorm couples the `size` of one batch."""
    crops = subject.tensor(subject.inputs.crops).view(-1, need.size, *subject.inputs.crops.shape[1:])
    return [
        _codes(subject.fresh_thin(repeat), crops[repeat * need.batches : (repeat + 1) * need.batches])
        for repeat in range(need.repeats)
    ]


def _codes(network: nn.Module, batches: Tensor) -> NDArray[np.uint8]:
    codes: list[Tensor] = []
    handles = [
        module.register_forward_hook(lambda _module, _inputs, output: codes.append(rows(output) > 0))
        for module in network.modules()
        if isinstance(module, nn.ReLU)
    ]
    packed = []
    try:
        with torch.no_grad():
            for batch in batches:
                network(batch)
                if not codes:
                    raise UnsupportedError("the network has no ReLU")
                packed.append(np.packbits(torch.cat(codes, dim=1).cpu().numpy(), axis=1))
                codes.clear()
    finally:
        for handle in handles:
            handle.remove()
    return np.concatenate(packed)
