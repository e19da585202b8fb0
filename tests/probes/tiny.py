"""Networks of a few hundred weights, and subjects made of them: shared by the tests of probes and of proxies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from zsbench.conditions import Conditions
from zsbench.inputs import Batch, Inputs
from zsbench.networks.nats import cell_network, thin_cell_network
from zsbench.probes import Subject, measure
from zsbench.registry import proxies

CLASSES = 3
SIZE = 8

CELLS = {
    "convolutions": ("nor_conv_3x3", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3"),
    "cut": ("none", "skip_connect", "nor_conv_1x1", "none", "avg_pool_3x3", "nor_conv_1x1"),
    "pooled": ("skip_connect", "none", "none", "avg_pool_3x3", "skip_connect", "skip_connect"),
}
"""In "cut", edge 1-2 is a convolution on a node that only `none` feeds: it is run, on zeros."""


class Chain(nn.Module):
    """Convolution, BatchNorm, ReLU, twice; the first convolution has a bias, the second has groups and a stride."""

    def __init__(self, width: int = 4, *, bias: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=bias),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, groups=2, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(2 * width, CLASSES)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.pool(self.forward_features(x)).flatten(1))


class Residual(nn.Module):
    """A block beside a shortcut without BatchNorm, as in the reduction blocks of NAS-Bench-201."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.block = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(2 * width)
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(width, 2 * width, 1, bias=False))
        self.last = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(2 * width, CLASSES)

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.last(self.block(x) + self.shortcut(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.pool(self.forward_features(x)).flatten(1))


class With(nn.Module):
    """A chain whose feature maps pass through `tail`, which may hold any operation."""

    def __init__(self, tail: Callable[[nn.Module, Tensor], Tensor], **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self.chain = Chain(2)
        self.tail = tail
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        features = self.tail(self, self.chain.forward_features(x))
        return self.chain.classifier(functional.adaptive_avg_pool2d(features, 1).flatten(1))


def affine(network: nn.Module) -> nn.Module:
    """Give every BatchNorm a scale and a shift of its own, as after some training."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return network


def cell(name: str, channels: int = 4) -> nn.Module:
    return cell_network(CELLS[name], CLASSES, channels, cells=1)


def softmax_regression(size: int = SIZE) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * size * size, CLASSES, bias=False))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "chain": Chain,
    "residual": Residual,
    "affine residual": lambda: affine(Residual()),
    **{f"cell {name}": lambda name=name: cell(name) for name in CELLS},
}


def without_eps(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.eps = 1e-12
    return network


def make_inputs(images: int = 6, size: int = SIZE, dtype: str = "float64", crops: int = 9000) -> Inputs:
    generator = np.random.default_rng(7)

    def batch() -> Batch:
        pictures = generator.standard_normal((images, 3, size, size)).astype(dtype)
        return Batch(pictures, generator.integers(CLASSES, size=images))

    crop = generator.standard_normal((crops, 1, 3, 3)).astype(np.float32)
    return Inputs("made up", (batch(), batch()), crop)


def subject(
    build: Callable[[], nn.Module],
    inputs: Inputs | None = None,
    *,
    dtype: torch.dtype = torch.float64,
    samples: int = 4,
    seed: int = 0,
    thin: Callable[[], nn.Module | None] = lambda: None,
) -> Subject:
    inputs = inputs or make_inputs(dtype=str(dtype).removeprefix("torch."))
    number = len(inputs.batches[0].labels)
    return Subject(
        identity="tiny",
        build=lambda: build().to(dtype),
        build_thin=thin,
        inputs=inputs,
        conditions=Conditions(batch_size=number, samples=min(samples, number), seed=seed),
        device=torch.device("cpu"),
    )


def cell_subject(name: str, **options: object) -> Subject:
    return subject(lambda: cell(name), thin=lambda: thin_cell_network(CELLS[name]), **options)


def images_of(images: Sequence[object] | np.ndarray, labels: Sequence[int] | np.ndarray) -> Inputs:
    """Inputs whose two batches are the given one."""
    batch = Batch(np.asarray(images, dtype=np.float64), np.asarray(labels, dtype=np.int64))
    return Inputs("given", (batch, batch), np.zeros((0, 1, 3, 3), np.float32))


def evidence(need, measured: Subject):
    """Measure one need alone; what went wrong is raised."""
    found = measure([need], measured)[need]
    if isinstance(found, Exception):
        raise found
    return found.value


def score(name: str, measured: Subject) -> float:
    """Score with one proxy alone; what went wrong is raised."""
    proxy = proxies()[name]
    return float(proxy.score(*(evidence(need, measured) for need in proxy.needs)))
