"""What the networks of NAS-Bench-101 cost, in closed form: no network is built."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from zsbench.spaces.cell101 import MOST_VERTICES, OPERATIONS
from zsbench.spaces.cells101 import SIZE, Alike
from zsbench.spaces.cells101_kept import cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bools: TypeAlias = "NDArray[np.bool_]"
Ints: TypeAlias = "NDArray[np.int64]"

STEM = 128
_POOLING = OPERATIONS.index("maxpool3x3")
_KERNEL_AREA = {"conv3x3": 9, "conv1x1": 1, "maxpool3x3": 0}
_STACKS = ((128, 32), (256, 16), (512, 8))
"""(channels, pixels a side) of the three stacks of three cells; the first cell of a later one doubles the channels."""


def costs(classes: int) -> dict[str, Ints]:
    """Return (n,) `params`, `flops` (multiply-accumulates of convolutions and linear layer), `flops_all`, `depth`.

    `flops_all` adds BatchNorm (2 an element) and ReLU (1), as the proxy of that name does; `depth` is the most
    convolutions on a path through a cell, projections of its input included.
    """
    sums, head = _sums(), _STACKS[-1][0]
    macs = sums["macs"] + head * classes
    return {
        "params": sums["weights"] + 2 * sums["channels"] + (head + 1) * classes,
        "flops": macs,
        "flops_all": macs + 3 * sums["elements"],
        "depth": sums["depth"],
    }


@cache
def operation_counts() -> dict[str, Ints]:
    """Return (n,) how many vertices of every cell hold each operation."""
    import numpy as np

    counts = {name: np.zeros(SIZE, dtype=np.int64) for name in OPERATIONS}
    for alike in _all():
        for number, name in enumerate(OPERATIONS):
            counts[name][alike.index] = (alike.operations == number).sum(axis=1)
    return counts


@cache
def _sums() -> dict[str, Ints]:
    """Return (n,) of the convolutions of every network: weights, output channels, both times positions; the depth."""
    import numpy as np

    stem = {"weights": 27 * STEM, "macs": 27 * STEM * 32**2, "channels": STEM, "elements": STEM * 32**2, "depth": 0}
    sums = {name: np.full(SIZE, start, dtype=np.int64) for name, start in stem.items()}
    for alike in _all():
        entering = STEM
        for channels, side in _STACKS:
            for repeats, inputs in ((1, entering), (2, channels)):
                weights, outputs = _cell_sums(alike, inputs, channels)
                sums["weights"][alike.index] += repeats * weights
                sums["macs"][alike.index] += repeats * weights * side**2
                sums["channels"][alike.index] += repeats * outputs
                sums["elements"][alike.index] += repeats * outputs * side**2
            entering = channels
        sums["depth"][alike.index] = _depth(alike)
    return sums


def _all() -> Iterator[Alike]:
    return (cells().alike(vertices) for vertices in range(2, MOST_VERTICES + 1))


def _cell_sums(alike: Alike, inputs: int, channels: int) -> tuple[Ints, Ints]:
    """Return (n,) the weights and the output channels of all convolutions in one cell."""
    import numpy as np

    widths = interior_widths(alike.matrices, channels)
    projected = alike.matrices[:, 0, 1:-1] * widths
    from_input = projected.sum(axis=1) + alike.matrices[:, 0, -1] * channels
    weights, outputs = inputs * from_input[alike.graph], from_input[alike.graph]
    areas = np.array([_KERNEL_AREA[name] for name in OPERATIONS])
    for vertex in range(widths.shape[1]):
        width, operation = widths[:, vertex][alike.graph], alike.operations[:, vertex]
        weights += areas[operation] * width**2
        outputs += (operation != _POOLING) * width
    return weights, outputs


def interior_widths(matrices: Bools, channels: int) -> Ints:
    """Return (g, V - 2) the channels of the interior vertices of cells with so many output channels.

    Those that feed the output share its channels, the first ones one more; another has those of the widest it feeds.
    """
    import numpy as np

    feeding = matrices[:, 1:-1, -1]
    sharing = np.maximum(feeding.sum(axis=1, keepdims=True), 1)
    one_more = feeding.cumsum(axis=1) <= channels % sharing
    widths = np.where(feeding, channels // sharing + one_more, 0)
    for vertex in range(widths.shape[1] - 2, -1, -1):
        widest = (matrices[:, vertex + 1, 1:-1] * widths).max(axis=1)
        widths[:, vertex] = np.where(feeding[:, vertex], widths[:, vertex], widest)
    return widths


def _depth(alike: Alike) -> Ints:
    """Return (n,) the most convolutions on a path; whatever leaves the input is projected, which is one."""
    import numpy as np

    vertices = alike.matrices.shape[1]
    most = np.ones((vertices, len(alike.index)), dtype=np.int64)
    for vertex in range(1, vertices):
        fed = alike.matrices[:, :vertex, vertex][alike.graph].T
        most[vertex] = (fed * most[:vertex]).max(axis=0)
        if vertex < vertices - 1:
            most[vertex] += alike.operations[:, vertex - 1] != _POOLING
    return np.asarray(most[-1])
