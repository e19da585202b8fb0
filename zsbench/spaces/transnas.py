"""What both spaces of TransNAS-Bench-101 share: seven tasks, their heads, and what they cost (Duan et al., CVPR 2021).

A network is an encoder (the architecture) and the head of a task. Truth is the task's metric, always so that higher
is better: top-1 accuracy, mean intersection over union (segmentsemantic), structural similarity (normal,
autoencoder), negative mean squared error (room_layout). Numbers of classes, heads and loss are those of the authors'
networks as NASLib builds them (63 scenes, 100 objects); the configurations that the authors published later say 47
and 75. Their discriminator is part of the training, not of the network.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from zsbench.spaces.base import Dataset, Floats, Quantity
from zsbench.truths.space import OfficialFile, SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

SIDE = 256
TILE, TILES = 64, 9
"""Jigsaw: the encoder sees nine tiles one after the other, here those of one image of 192x192."""
BASE = 64
STEM_PARAMS = 19_488

_SSIM = Quantity("structural similarities", -1, 1)
_NEGATIVE_LOSS = Quantity("negative losses", float("-inf"), 0)
TASKS = (
    Dataset("class_scene", SIDE, 63),
    Dataset("class_object", SIDE, 100),
    Dataset("jigsaw", 3 * TILE, 1000),
    Dataset("room_layout", SIDE, 9, _NEGATIVE_LOSS, "nine numbers are to be estimated"),
    Dataset("segmentsemantic", SIDE, 17, unlabelled="every pixel is to be classified"),
    Dataset("normal", SIDE, 3, _SSIM, "an image is to be made"),
    Dataset("autoencoder", SIDE, 3, _SSIM, "an image is to be made"),
)
DENSE = ("segmentsemantic", "normal", "autoencoder")


class Shape(NamedTuple):
    """What a cell or block does to the shape: channels in and out, stride."""

    inputs: int
    outputs: int
    stride: int


class DecoderLayer(NamedTuple):
    """A 3x3 convolution with bias, transposed with stride 2 where it `doubles` the resolution."""

    inputs: int
    outputs: int
    doubles: bool


class TransNas(SpaceWithTruth):
    """A space of encoders for the seven tasks."""

    cite = "duan2021transnas"
    datasets = TASKS
    kind: str
    """What the official file calls the space."""

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the authors' .pth, see `zsbench.truths.transnas_official`, and the file of NAS-Bench-Suite-Zero."""
        from zsbench.truths.suite_zero import suite_zero_file
        from zsbench.truths.transnas_official import read_official

        read = partial(read_official, space=self, kind=self.kind, encoder_params=lambda: self.encoder_costs(SIDE)[0])
        note = "the complete official file takes minutes and gigabytes of memory"
        own = OfficialFile(("*.pth",), "the official transnas-bench_v10141024", read, note=note)
        return own, suite_zero_file(self)

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build encoder and head of a task."""
        from zsbench.networks.transnas import task_network

        index, task = self.index(arch), self.dataset(dataset)
        shapes = cell_shapes(self.modules(index))
        layers = decoder(task.name, *_ends(shapes)) if task.name in DENSE else ()
        return task_network(self.encoder(index, shapes), shapes[-1].outputs, task.name, task.classes, layers)

    @abstractmethod
    def modules(self, index: int) -> str:
        """Return the digits of the modules: 1 nothing, 2 doubles the channels, 3 halves the resolution, 4 both."""

    @abstractmethod
    def encoder(self, index: int, shapes: Sequence[Shape]) -> nn.Sequential:
        """Build the encoder of an architecture."""

    @abstractmethod
    def encoder_costs(self, side: int) -> tuple[Floats, Floats]:
        """Return (n,) parameters and multiply-accumulates of every encoder, for inputs of `side` pixels a side."""

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) `params` and `flops` (multiply-accumulates) of encoder and head, without discriminator.

        The benchmark's own FLOPs are for inputs of 224x224; these are for what zsbench feeds: 256x256, nine tiles of
        64x64 in jigsaw.
        """
        import numpy as np

        task = self.dataset(dataset)
        jigsaw = task.name == "jigsaw"
        params, macs = self.encoder_costs(TILE if jigsaw else SIDE)
        ends = (_ends(cell_shapes(self.modules(index))) for index in range(len(self)))
        head = np.array([head_costs(task, *end) for end in ends], dtype=float)
        return {"params": params + head[:, 0], "flops": macs * (TILES if jigsaw else 1) + head[:, 1]}

    def facts(self, index: int) -> dict[str, str | int]:
        """Return the parameters of the encoder, and parameters and multiply-accumulates a task."""
        known: dict[str, str | int] = {"encoder params": int(self.encoder_costs(SIDE)[0][index])}
        for task in self.datasets:
            costs = self.costs(task.name)
            known[f"{task.name} params"] = int(costs["params"][index])
            known[f"{task.name} macs"] = int(costs["flops"][index])
        return known


@cache
def cell_shapes(modules: str) -> tuple[Shape, ...]:
    """Return what the cells do to the shape, two a module; the first one carries the module's change."""
    shapes: list[Shape] = []
    channels = BASE
    for digit in modules:
        after = channels * (2 if digit in "24" else 1)
        shapes += [Shape(channels, after, 2 if digit in "34" else 1), Shape(after, after, 1)]
        channels = after
    return tuple(shapes)


def stem_macs(side: int) -> int:
    """Return the multiply-accumulates of the stem: 3x3 convolutions of stride 2, 3 to 32 to 64 channels."""
    return (side // 2) ** 2 * 27 * (BASE // 2) + (side // 4) ** 2 * 9 * (BASE // 2) * BASE


def convolution_costs(inputs: int, outputs: int, kernel: int, side: int) -> tuple[int, int]:
    """Return parameters and multiply-accumulates of a convolution and its BatchNorm, `side` that of the output."""
    weights = inputs * outputs * kernel**2
    return weights + 2 * outputs, weights * side**2


def _ends(shapes: Sequence[Shape]) -> tuple[int, int]:
    """Return the encoder's channels at its end, and how often its cells halve the resolution."""
    return shapes[-1].outputs, sum(shape.stride == 2 for shape in shapes)


def decoder(task: str, channels: int, halvings: int) -> list[DecoderLayer]:
    """Return the layers of a dense task's head: from the encoder's output back to 256x256."""
    doublings = 2 + halvings  # the stem halves twice
    if task == "segmentsemantic":
        layers = [DecoderLayer(channels, 1024, doubles=False)]
        layers += [DecoderLayer(1024 >> i, 512 >> i, doubles=i >= 6 - doublings) for i in range(5)]
        return [*layers, DecoderLayer(32, 32, doubles=True), DecoderLayer(32, 17, doubles=False)]
    widths = (channels, 1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16, 3)
    doubling = {2: doublings >= 6, 4: doublings >= 5, 6: doublings >= 4, 8: doublings >= 3, 10: True, 12: True}
    return [
        DecoderLayer(inputs, outputs, doubles=doubling.get(place, False))
        for place, (inputs, outputs) in enumerate(pairwise(widths))
    ]


@cache
def head_costs(task: Dataset, channels: int, halvings: int) -> tuple[int, int]:
    """Return parameters and multiply-accumulates of a task's head."""
    if task.name not in DENSE:
        features = channels * (TILES if task.name == "jigsaw" else 1)
        return (features + 1) * task.classes, features * task.classes
    params = macs = 0
    layers = decoder(task.name, channels, halvings)
    side = SIDE >> sum(layer.doubles for layer in layers)
    for layer in layers:
        weights = 9 * layer.inputs * layer.outputs
        macs += weights * side**2  # a transposed convolution multiplies every input with every weight
        params += weights + 3 * layer.outputs
        side *= 1 + layer.doubles
    return params - 2 * layers[-1].outputs, macs  # the last layer has no BatchNorm
