"""NAS-Bench-101: 423,624 cells on CIFAR-10, 108 epochs, three trainings each (Ying et al., ICML 2019).

The benchmark has no index of its own: here it is the rank of the module hash among all hashes. No file is needed to
know the cells: they are generated at first use (up to a minute) and kept. No two are isomorphic, and none has a vertex
that doesn't matter. Truth comes from `nasbench_only108.tfrecord` or `nasbench_full.tfrecord`: `valid` and `test` after
108 epochs, those of the full file's shorter trainings named (`test-4ep`, `test-12ep`, `test-36ep`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from zsbench.errors import UnsupportedError, UsageError
from zsbench.registry import space
from zsbench.spaces import cell101
from zsbench.spaces.base import Dataset, Floats, Ints, parse_index
from zsbench.spaces.cells101 import SIZE
from zsbench.spaces.cells101_kept import cells
from zsbench.truths.space import OfficialFile, SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn


class Nb101(SpaceWithTruth):
    """The cells of NAS-Bench-101 in the order of their module hashes."""

    name = "nb101"
    summary = "NAS-Bench-101: 423,624 cells on CIFAR-10"
    cite = "ying2019nasbench101"
    datasets = (Dataset("cifar10", 32, 10),)

    def __len__(self) -> int:
        """Return 423,624."""
        return SIZE

    def arch(self, index: int) -> str:
        """Return a cell as its vertices after the input, each with those that feed it: `conv3x3~0+output~01`."""
        return str(cells().cell(index))

    def exchange_key(self, index: int) -> str:
        """Return the text of NASLib's tuple: a 7x7 matrix by rows, then 7 operations."""
        return cell101.to_tuple(cells().cell(index))

    def index(self, text: str) -> int:
        """Return the index of a cell given in zsbench's notation, as module hash, NASLib tuple, or index.

        A cell need not be pruned, nor have its vertices in the benchmark's order. Raise `UsageError` that says where
        the text fails, or how the cell lies outside the space.
        """
        stripped = text.strip()
        if re.fullmatch("[0-9a-f]{32}", stripped):
            return _find(stripped)
        index = parse_index(stripped, SIZE)
        if index is not None:
            return index
        return _find(cell101.module_hash(cell101.prune(cell101.parse(stripped))))

    def keys(self) -> Sequence[str]:
        """Return the module hashes: no two are equal."""
        return cells().all_hashes()

    def representatives(self) -> Ints:
        """Return (n,) every index itself."""
        import numpy as np

        return np.arange(SIZE)

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the authors' files, see `zsbench.truths.nb101_official`, and that of NAS-Bench-Suite-Zero."""
        from zsbench.truths.nb101_official import read_official
        from zsbench.truths.suite_zero import suite_zero_file

        note = "nasbench_only108.tfrecord takes one or two minutes, nasbench_full.tfrecord five or more"
        own = OfficialFile(("*.tfrecord",), "the official nasbench_{only108,full}", read_official, note=note)
        return own, suite_zero_file(self)

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the benchmark's network of a cell."""
        from zsbench.networks.nasbench101 import cell_network

        cell = cells().cell(self.index(arch))
        return cell_network(cell.matrix(), cell.labels(), self.dataset(dataset).classes)

    def thin_network(self, arch: str) -> nn.Module | None:  # noqa: ARG002 (none has one)
        """Raise `UnsupportedError`: the vertices of a cell share its channels."""
        raise UnsupportedError("one channel cannot be shared by the vertices that feed a cell's output")

    def facts(self, index: int) -> dict[str, str | int]:
        """Return the module hash, NASLib's tuple, vertices, edges, parameters and multiply-accumulates."""
        cell, costs = cells().cell(index), self.costs(self.datasets[0].name)
        return {
            "hash": cells().hash(index),
            "tuple": cell101.to_tuple(cell),
            "vertices": cell.vertices,
            "edges": len(cell.edges),
            "cifar10 params": int(costs["params"][index]),
            "cifar10 macs": int(costs["flops"][index]),
        }

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) of every cell `params`, `flops` (multiply-accumulates), `flops_all` and `depth`.

        `flops` are those of convolutions and the linear layer without its bias, as the benchmark states none;
        `flops_all` counts BatchNorm and ReLU as well, as the proxy of that name does; `depth` the convolutions on the
        longest path through a cell, projections included.
        """
        from zsbench.spaces.cells101_costs import costs

        return {name: cost.astype(float) for name, cost in costs(self.dataset(dataset).classes).items()}

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how many vertices of every cell hold each operation."""
        from zsbench.spaces.cells101_costs import operation_counts

        return operation_counts()


def _find(module_hash: str) -> int:
    index = cells().find(module_hash)
    if index is None:
        raise UsageError(f"NAS-Bench-101 has no cell with the module hash {module_hash}")
    return index


space(Nb101())
