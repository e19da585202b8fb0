"""NATS-Bench size space: 32,768 choices of five widths for one cell, 90 epochs (Dong et al., TPAMI 2021).

An architecture is five widths, each a multiple of 8 up to 64: `8:16:24:32:40`; its index is the number whose base-8
digits they are. All networks differ, and all have the same topology. Truth comes from the authors' archive
`NATS-sss-v1_0-50262-simple.tar`: accuracies after 90 epochs (one seed) are `valid` and `test`, those of the shorter
trainings are named (`test-12ep`, mean over three seeds; `test-1ep`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from zsbench.errors import UnsupportedError, UsageError
from zsbench.registry import space
from zsbench.spaces.base import Dataset, Floats, Ints, parse_index
from zsbench.truths.space import OfficialFile, SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

WIDTHS = tuple(range(8, 65, 8))
PLACES = 5
SIZE: int = len(WIDTHS) ** PLACES


class NatsSss(SpaceWithTruth):
    """The widths of NATS-Bench's size space in their official order, the last one fastest."""

    name = "nats-sss"
    summary = "NATS-Bench size space: 32,768 choices of five widths on CIFAR-10, CIFAR-100 and ImageNet16-120"
    cite = "dong2021natsbench"
    datasets = (Dataset("cifar10", 32, 10), Dataset("cifar100", 32, 100), Dataset("ImageNet16-120", 16, 120))
    example = "8:16:24:32:40"

    def __len__(self) -> int:
        """Return 32,768."""
        return SIZE

    def arch(self, index: int) -> str:
        """Return the widths of an architecture, such as `8:8:40:32:40`."""
        return ":".join(str(WIDTHS[index // 8**place % 8]) for place in range(PLACES - 1, -1, -1))

    def index(self, text: str) -> int:
        """Return the index of five widths joined by colons, or of an index as text; raise `UsageError` otherwise."""
        return index_of(text)

    def keys(self) -> Sequence[str]:
        """Return the architectures themselves: no two are equal."""
        return [self.arch(index) for index in range(SIZE)]

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the authors' archive; see `zsbench.truths.nats_official`."""
        from zsbench.truths.nats_official import NOTE, read_archive

        read = partial(read_archive, space=self, full="90")
        return (OfficialFile(("*.tar",), "the official NATS-sss-v1_0-50262-simple", read, folder=True, note=NOTE),)

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the benchmark's network of five widths."""
        from zsbench.networks.nats_shape import shape_network

        widths = [int(width) for width in self.arch(self.index(arch)).split(":")]
        return shape_network(widths, self.dataset(dataset).classes)

    def thin_network(self, arch: str) -> nn.Module | None:  # noqa: ARG002 (all have the same)
        """Raise `UnsupportedError`: one channel wide, all networks are the same."""
        raise UnsupportedError("networks that differ in their widths alone have one and the same one-channel version")

    def facts(self, index: int) -> dict[str, str | int]:
        """Return parameters and multiply-accumulates a dataset."""
        known: dict[str, str | int] = {}
        for dataset in self.datasets:
            costs = self.costs(dataset.name)
            known[f"{dataset.name} params"] = int(costs["params"][index])
            known[f"{dataset.name} macs"] = int(costs["flops"][index])
        return known

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) `params` and `flops`, the official column: multiply-accumulates, with the linear layer's bias."""
        given = self.dataset(dataset)
        params, macs = _closed_forms()
        linear = (_widths()[:, -1] + 1) * given.classes
        flops = macs * given.size**2 // 32**2 + linear
        return {"params": (params + linear).astype(float), "flops": flops.astype(float)}


@cache
def _widths() -> Ints:
    """Return (n, 5) widths."""
    import numpy as np

    digits = np.arange(SIZE)[:, None] // 8 ** np.arange(PLACES - 1, -1, -1) % 8
    widths: Ints = np.array(WIDTHS)[digits]
    return widths


@cache
def _closed_forms() -> tuple[Ints, Ints]:
    """Return (n,) parameters, and multiply-accumulates at 32x32, both without the linear layer."""
    c = _widths().T
    changed_2, changed_4 = c[1] != c[2], c[3] != c[4]
    stem = 27 * c[0]
    first = _cell_weights(c[0], c[0])
    half = _block_weights(c[0], c[1]) + _cell_weights(c[1], c[2]) + changed_2 * c[1] * c[2]
    quarter = _block_weights(c[2], c[3]) + _cell_weights(c[3], c[4]) + changed_4 * c[3] * c[4]
    batch_norms = 12 * c[0] + 4 * c[1] + (10 + 2 * changed_2) * c[2] + 4 * c[3] + (12 + 2 * changed_4) * c[4]
    macs = 32**2 * (stem + first) + 16**2 * half + 8**2 * quarter
    return stem + first + half + quarter + batch_norms, macs


def _cell_weights(inputs: Ints, outputs: Ints) -> Ints:
    weights: Ints = 18 * inputs * outputs + 27 * outputs**2
    return weights


def _block_weights(inputs: Ints, outputs: Ints) -> Ints:
    weights: Ints = 10 * inputs * outputs + 9 * outputs**2
    return weights


def index_of(text: str) -> int:
    """Return the index that five widths joined by colons, or an index as text, mean; raise `UsageError` otherwise."""
    index = parse_index(text, SIZE)
    if index is not None:
        return index
    parts = text.strip().split(":")
    if len(parts) != PLACES or not all(re.fullmatch(r"[0-9]+", part) for part in parts):
        raise UsageError(f"cannot read {text!r}: not five widths", f"write an index, or widths: {NatsSss.example}")
    for part in parts:
        if int(part) not in WIDTHS:
            raise UsageError(f"cannot read {text!r}: no width {part}", f"widths are {', '.join(map(str, WIDTHS))}")
    rank = 0
    for part in parts:
        rank = 8 * rank + WIDTHS.index(int(part))
    return rank


space(NatsSss())
