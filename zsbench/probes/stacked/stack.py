"""What is measured at once: several subjects, and their networks side by side in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, cast

import torch
from torch import Tensor, nn

from zsbench.probes.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

Join: TypeAlias = "Callable[[Sequence[nn.Module]], nn.Module]"
"""Makes one network of several; its layers with weights have an attribute `held`, its ReLUs `executions`."""
Held: TypeAlias = "tuple[tuple[int, nn.Module], ...]"
"""For each block of a layer's channels the number of the subject it belongs to, and that subject's own layer."""


@dataclass(frozen=True)
class Stack:
    """Subjects with the same inputs under the same conditions on one device, measured at once.

    Every network is built and drawn alone, on the CPU, as its subject would: the stack holds the very same weights.
    """

    subjects: tuple[Subject, ...]
    join: Join

    def __len__(self) -> int:
        """Return the number of networks, K."""
        return len(self.subjects)

    @property
    def device(self) -> torch.device:
        """Where the stack is."""
        return self.subjects[0].device

    @cached_property
    def hosts(self) -> tuple[Subject, ...]:
        """The subjects on the CPU: where networks are drawn, and counted."""
        return tuple(replace(subject, device=torch.device("cpu")) for subject in self.subjects)

    @cached_property
    def network(self) -> nn.Module:
        """The freshly initialised stack, in train mode; shared by all probes that leave it unchanged."""
        return self.fresh()

    def fresh(self) -> nn.Module:
        """Build the stack anew, with the very weights of `network`, for a probe that changes them."""
        return self._joined([host.network for host in self.hosts])

    def redrawn(self, init: str, purpose: str) -> nn.Module:
        """Build the stack anew, with weights of its own, drawn by `init` for one purpose."""
        return self._joined([host.redrawn(init, purpose) for host in self.hosts])

    def fresh_thin(self, repeat: int) -> nn.Module:
        """Build the stack of the thin versions; raise `UnsupportedError` if the space has none."""
        return self._joined([host.fresh_thin(repeat) for host in self.hosts])

    def _joined(self, networks: Sequence[nn.Module]) -> nn.Module:
        placed = self.join(networks).to(device=self.device, memory_format=self._layout)  # type: ignore[call-overload]
        return cast("nn.Module", placed.train())

    @property
    def _layout(self) -> torch.memory_format:
        # Elsewhere blocks of channels are gathered fastest where each is one piece of memory.
        return torch.channels_last if self.device.type == "cpu" else torch.contiguous_format

    def batch(self, number: int = 0, size: int | None = None) -> tuple[Tensor, Tensor]:
        """Return images (N, K*3, H, W), the same for every network, and labels (N,)."""
        images, labels = self.subjects[0].batch(number, size)
        return self.repeated(images), labels

    def repeated(self, x: Tensor) -> Tensor:
        """Feed every network the same: (N, C, H, W) to (N, K*C, H, W)."""
        return self.laid(x.repeat(1, len(self), 1, 1))

    def laid(self, x: Tensor) -> Tensor:
        """Lay a tensor out as the stack's activations are."""
        return x.to(self.device).contiguous(memory_format=self._layout)

    def tensor(self, array: NDArray) -> Tensor:  # type: ignore[type-arg]
        """Copy an array to the device."""
        return self.subjects[0].tensor(array)


def stacked_layers(network: nn.Module) -> list[nn.Conv2d]:
    """Return the layers of a stack, in the order in which each network runs its own (linear ones are convolutions)."""
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]


def held_by(module: nn.Module) -> Held:
    """Return whose the blocks of a layer's channels are."""
    return cast("Held", module.held)


def apart(values: Tensor, module: nn.Module, dim: int = 0) -> list[tuple[int, nn.Module, Tensor]]:
    """Return (subject, its own layer, its block) for values that have the blocks of `module` along a dimension."""
    held = held_by(module)
    return [(number, own, block) for (number, own), block in zip(held, values.chunk(len(held), dim), strict=True)]
