"""Plain chains of one to four convolutions, each 8, 16 or 32 channels wide, for CIFAR-10."""

from collections.abc import Sequence
from typing import Any

from zsbench.errors import unknown_name
from zsbench.registry import space
from zsbench.spaces.base import Dataset, parse_index
from zsbench.truths.space import SpaceWithTruth

SHAPES = {f"d{depth}w{width}": (depth, width) for depth in (1, 2, 3, 4) for width in (8, 16, 32)}
NAMES = tuple(SHAPES)  # the order never changes: scores are stored by index and name


class Chains(SpaceWithTruth):  # accuracies come by `zsbench data import chains FILE.csv --target test=COLUMN`
    name, cite, example = "chains", "", "d2w16"
    summary = "Plain chains of convolutions on CIFAR-10 (an example)"
    datasets = (Dataset("cifar10", 32, 10),)

    def __len__(self) -> int:
        return len(NAMES)

    def arch(self, index: int) -> str:
        return NAMES[index]

    def index(self, text: str) -> int:  # of what a user writes: a name, or an index
        index = parse_index(text, len(NAMES))
        if index is None and text not in SHAPES:
            raise unknown_name("chain", text, NAMES)
        return NAMES.index(text) if index is None else index

    def keys(self) -> Sequence[str]:  # networks with equal keys would count as equal
        return NAMES

    def network(self, arch: str, dataset: str) -> Any:
        from torch import nn  # here, as listing spaces must not load torch

        (depth, width), classes = SHAPES[arch], self.dataset(dataset).classes
        layers: list[nn.Module] = []
        for inputs in (3, *[width] * (depth - 1)):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))


space(Chains())
