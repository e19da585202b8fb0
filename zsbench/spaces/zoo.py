"""Hand-designed networks with their printed errors: the model zoo of the PyPI package `pytorchcv`.

One space for each of ImageNet, CIFAR-10 and CIFAR-100: the networks for which the package prints an error. The order
is that of `data/zoo/networks.csv`, which also holds the family, the parameters and the multiply-accumulates of each,
so that listing and ranking need neither the package nor torch; the accuracies and the networks come from the package.

- The accuracy on ImageNet is top-5 (inferred: the package doesn't say, but ResNet-50 has an error of 6.33 %), on its
  50,000 validation images; on CIFAR it is top-1, on the 10,000 test images. Training differs between networks.
- Networks are fed 224x224 images (CIFAR: 32x32), whatever they were trained and evaluated on; eight made for 299 or 331
  pixels average the whole last map.
- Dropout and its kin are off, BatchNorm is in train mode; see `zsbench.networks.adapted`.
- Groupings for regimes: `family:ResNet`, and finer `module:resneta`, the package's own file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zsbench.errors import UsageError, unknown_name
from zsbench.registry import space
from zsbench.spaces.base import Dataset, Floats, parse_index
from zsbench.truths.space import SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

    from zsbench.truths.lookup import Available


@dataclass(frozen=True)
class Entry:
    """A row of `data/zoo/networks.csv`."""

    name: str
    dataset: str
    family: str
    module: str
    """The file of `pytorchcv.models` that builds it."""
    params: int
    macs: int
    same_as: str
    """The first network of the same make, if this is another training of it; empty otherwise."""


def read_entries(dataset: str) -> tuple[Entry, ...]:
    """Return the networks of a dataset in their order."""
    import csv

    from zsbench.paths import packaged

    with (packaged("data") / "zoo" / "networks.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == dataset]
    return tuple(
        Entry(
            *(row["name"], row["dataset"], row["family"], row["module"]),
            int(row["params"]),
            int(row["macs"]),
            row["same_as"],
        )
        for row in rows
    )


class Zoo(SpaceWithTruth):
    """The networks of the package for one dataset."""

    cite = "semery2018pytorchcv"

    def __init__(self, dataset: Dataset, example: str, accuracy: str) -> None:
        """Declare the space of a dataset; `accuracy` says which one the package prints."""
        self.name = f"zoo-{dataset.name.lower()}"
        self.summary = f"Hand-designed networks (pytorchcv) with their {accuracy} accuracies on {dataset.name}"
        self.datasets = (dataset,)
        self.example = example

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The networks in their order."""
        return read_entries(self.datasets[0].name)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {entry.name: index for index, entry in enumerate(self.entries)}

    def __len__(self) -> int:
        """Return the number of networks with a printed error."""
        return len(self.entries)

    def arch(self, index: int) -> str:
        """Return the package's name of a network, such as `resnet18`."""
        return self.entries[index].name

    def index(self, text: str) -> int:
        """Return the index of a network given by name or index; raise `UsageError` with a suggestion if none is."""
        index = parse_index(text, len(self))
        if index is not None:
            return index
        name = text.strip().lower()
        if name not in self._place:
            error = unknown_name(f"network of {self.name}", text.strip(), self._place)
            raise UsageError(error.message, error.hint if len(error.hint) < 200 else f"such as {self.example}")
        return self._place[name]

    def keys(self) -> Sequence[str]:
        """Return the first name of networks of the same make: some were trained twice."""
        return [entry.same_as or entry.name for entry in self.entries]

    def embedded(self, dataset: str) -> Sequence[Available]:
        """Return the accuracies that the package prints; see `zsbench.truths.zoo_embedded`."""
        from zsbench.truths.zoo_embedded import embedded

        return embedded(dataset, tuple(self._place))

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the package's network; raise `ZsbenchError` if the package is missing."""
        from zsbench.networks.zoo import zoo_network

        entry = self.entries[self.index(arch)]
        return zoo_network(entry.module, entry.name, self.dataset(dataset).size)

    def facts(self, index: int) -> dict[str, str | int]:
        """Return the family, the package's file, parameters and multiply-accumulates."""
        entry = self.entries[index]
        return {"family": entry.family, "module": entry.module, "params": entry.params, "macs": entry.macs}

    def costs(self, dataset: str) -> Mapping[str, Floats]:  # noqa: ARG002 (there is only one)
        """Return (n,) `params` and `flops` (multiply-accumulates, as the proxy counts them) of every network."""
        import numpy as np

        counts = {"params": [entry.params for entry in self.entries], "flops": [entry.macs for entry in self.entries]}
        return {name: np.array(values, dtype=float) for name, values in counts.items()}

    def groups(self) -> Mapping[str, Sequence[str]]:
        """Return (n,) the `family` of every network, and the package's `module` that builds it."""
        return {
            "family": [entry.family for entry in self.entries],
            "module": [entry.module for entry in self.entries],
        }


space(Zoo(Dataset("ImageNet", 224, 1000), "resnet18", "top-5"))
space(Zoo(Dataset("cifar10", 32, 10), "resnet20_cifar10", "top-1"))
space(Zoo(Dataset("cifar100", 32, 100), "resnet20_cifar100", "top-1"))
