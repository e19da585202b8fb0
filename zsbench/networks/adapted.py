"""A network of anybody's making, made fit to be measured without a change to what it computes.

So that nothing but initial weights and the inputs decides a score, what a network does in training only (dropout,
drop-path, shake-shake noise) is off: BatchNorm alone is in train mode. Activations write to a tensor of their own, as
evidence is taken from the tensors before them. Parameters that are never trained (masks) are buffers: not weights.
`x.view` flattens in any memory layout: many networks are written for one, and are measured in the faster other.
A strided 1x1 convolution of few channels takes its stride before, which is the same and doesn't crash.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from zsbench.errors import UnsupportedError

POOLS = (nn.AvgPool2d, nn.AdaptiveAvgPool2d)
_ENOUGH_CHANNELS = 16
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class _PassedError(Exception):
    """The features are there; what follows isn't needed."""


class Adapted(nn.Module):
    """Another network inside; `forward_features` stops before global pooling."""

    def __init__(self, network: nn.Module) -> None:
        """Take over a network, with its weights."""
        super().__init__()
        self.network = network
        for module in list(network.modules()):
            if getattr(module, "inplace", False) is True:
                module.inplace = False  # type: ignore[assignment]
            _freeze(module)
            _stride_first(module)

    def train(self, mode: bool = True) -> Adapted:  # noqa: FBT001, FBT002 (PyTorch's signature)
        """Put BatchNorm alone into train mode."""
        super().train(mode)
        for module in self.network.modules():
            module.training = mode and isinstance(module, _BATCH_NORMS)
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, K)."""
        with _ViewsInAnyLayout():
            logits: Tensor = self.network(x)
        return logits

    def forward_features(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to the last feature maps (N, C, H', W').

        Those are what the network's own `forward_features`, or its part called `features`, gives; where this, or a
        network without either, ends with pooling to a single position, what is pooled. Raises `UnsupportedError` if
        there are none.
        """
        own = getattr(self.network, "forward_features", None)
        maps, pooled = list[Any](), list[Tensor]()

        def keep(_module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
            if output.shape[2:] == (1, 1):
                pooled.append(inputs[0])

        def stop(_module: nn.Module, _inputs: tuple[Tensor], output: Any) -> None:
            maps.append(output)
            raise _PassedError

        handles = [module.register_forward_hook(keep) for module in self.network.modules() if isinstance(module, POOLS)]
        features = getattr(self.network, "features", None)
        if isinstance(features, nn.Module) and own is None:
            handles.append(features.register_forward_hook(stop))
        try:
            with _ViewsInAnyLayout():
                maps.append(own(x) if own else self.network(x))  # from its start: some give `features` more than images
        except _PassedError:
            pass
        finally:
            for handle in handles:
                handle.remove()
        if maps and isinstance(maps[-1], Tensor) and maps[-1].dim() == 4 and maps[-1].shape[2:] != (1, 1):
            return maps[-1]
        if not pooled:
            raise UnsupportedError("the network has no feature maps before global pooling")
        return pooled[-1]


class _ViewsInAnyLayout(TorchFunctionMode):
    """Lets `x.view(n, -1)`, which refuses channels-last tensors, copy where it must, as `x.reshape(n, -1)` does."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Dispatch one call."""
        if func is Tensor.view and not kwargs and all(isinstance(size, (int, tuple, list)) for size in args[1:]):
            return Tensor.reshape(*args)
        return func(*args, **(kwargs or {}))


def _freeze(module: nn.Module) -> None:
    for name, parameter in list(module.named_parameters(recurse=False)):
        if not parameter.requires_grad:
            delattr(module, name)
            module.register_buffer(name, parameter.detach())


def _stride_first(module: nn.Module) -> None:
    """Take the stride of a 1x1 convolution of few channels before it.

    PyTorch 2.13 crashes (a segmentation fault) in the weight gradient of one with fewer than 16 channels-last channels
    on images from some 56 pixels on.
    """
    if (
        isinstance(module, nn.Conv2d)
        and module.kernel_size == (1, 1)
        and module.stride != (1, 1)
        and module.padding == (0, 0)
        and module.in_channels < _ENOUGH_CHANNELS
    ):
        module.register_forward_pre_hook(partial(_every, module.stride))
        module.stride = (1, 1)


def _every(stride: tuple[int, ...], _module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    return (inputs[0][:, :, :: stride[0], :: stride[1]],)
