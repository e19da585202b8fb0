"""What is measured: one architecture's network, under given conditions, with its inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zsbench.conditions import Conditions, derived_seed
from zsbench.errors import UnsupportedError
from zsbench.inputs import Batch, Inputs
from zsbench.probes.weights import initialise

Built = TypeVar("Built", nn.Module, nn.Module | None)


@dataclass(frozen=True)
class Subject:
    """One network under measurement. Probes must leave `network` as they found it, or take a `fresh` one."""

    identity: str
    """Space, dataset and architecture: all seeds are hashes of it."""
    build: Callable[[], nn.Module]
    build_thin: Callable[[], nn.Module | None]
    inputs: Inputs
    conditions: Conditions
    device: torch.device
    repeat: int = 0
    unlabelled: str = ""
    """Why the images have no class labels; empty where they have."""

    def seed(self, purpose: str) -> int:
        """Return the seed for one purpose: a function of what is measured, never of what came before."""
        return derived_seed(purpose, self.identity, self.conditions.seed, self.repeat)

    def generator(self, purpose: str) -> torch.Generator:
        """Return a CPU generator for one purpose: devices see the same numbers."""
        return torch.Generator().manual_seed(self.seed(purpose))

    def fresh(self) -> nn.Module:
        """Build the network anew, with the very weights of `network`, for a probe that changes them."""
        return self._place(self._drawn(self.build))

    def redrawn(self, init: str, purpose: str) -> nn.Module:
        """Build the network anew, with weights of its own, drawn by `init` for one purpose."""
        return self._place(self._redrawn(self.build, init, purpose))

    def fresh_thin(self, repeat: int) -> nn.Module:
        """Build the thin version with Kaiming weights of its own; raise `UnsupportedError` if the space has none."""
        network = self._redrawn(self.build_thin, "kaiming_fan_in", f"thin weights {repeat}")
        if network is None:
            raise UnsupportedError("the space defines no thin network")
        return self._place(network)

    def _redrawn(self, build: Callable[[], Built], init: str, purpose: str) -> Built:
        # Drawn before it is placed: a generator fills memory in order, so that another layout would hold other weights.
        network = self._drawn(build)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed(purpose))
            if isinstance(network, nn.Module):
                initialise(network, init)
        return network

    def _drawn(self, build: Callable[[], Built]) -> Built:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed("weights"))
            network = build()
            if isinstance(network, nn.Module):
                initialise(network, self.conditions.init)
        return network

    def _place(self, network: nn.Module) -> nn.Module:
        # Channels-last convolutions run two to three times faster on these networks; the values agree to rounding.
        placed = network.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cast("nn.Module", placed.train())

    @cached_property
    def network(self) -> nn.Module:
        """The freshly initialised network, in train mode; shared by all probes that leave it unchanged."""
        return self.fresh()

    def batch(self, number: int = 0, size: int | None = None) -> tuple[Tensor, Tensor]:
        """Return images (N, 3, H, W) and labels (N,) of a batch, or of its first `size` inputs."""
        batch: Batch = self.inputs.batches[number]
        images = self.tensor(batch.images[:size]).contiguous(memory_format=torch.channels_last)
        return images, self.tensor(batch.labels[:size])

    def tensor(self, array: NDArray) -> Tensor:  # type: ignore[type-arg]
        """Copy an array to the device."""
        return torch.from_numpy(array).to(self.device)


def layers(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    """Return the convolution and linear modules of a network, in order of registration."""
    return [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]


def executed(network: nn.Module, run: Callable[[], object]) -> Sequence[nn.Conv2d | nn.Linear]:
    """Return the layers that `run` executes, in order of first execution."""
    seen: dict[nn.Conv2d | nn.Linear, None] = {}
    handles = [layer.register_forward_pre_hook(lambda module, _: seen.setdefault(module)) for layer in layers(network)]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return list(seen)
