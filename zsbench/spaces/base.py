"""What a space is: architectures, what is known about them, and how to build the network of one."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from zsbench.conditions import derived_seed
from zsbench.errors import UsageError, unknown_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

Bools: TypeAlias = "NDArray[np.bool_]"
Ints: TypeAlias = "NDArray[np.int64]"
Floats: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True)
class Quantity:
    """What the truth of a dataset measures, always so that higher is better, and between which values it lies."""

    unit: str
    low: float
    high: float

    def check(self, value: float) -> None:
        """Raise `ValueError` if `value` can't be of this quantity."""
        if not self.low <= value <= self.high:
            raise ValueError(f"{value} is not in the range of {self.unit}")


PER_CENT = Quantity("accuracies in per cent", 0, 100)


@dataclass(frozen=True)
class Dataset:
    """What a space was trained on: `size` pixels a side and the number of classes."""

    name: str
    size: int
    classes: int
    quantity: Quantity = PER_CENT
    unlabelled: str = ""
    """Why a loss over class labels has no meaning there; empty where images have labels."""


@dataclass(frozen=True)
class Truth:
    """One truth column of one dataset, aligned with the space's index."""

    target: str
    values: NDArray[np.float64]
    """(n,) accuracies in per cent (or the dataset's other quantity), mean over seeds; NaN where unknown."""
    source: str
    """Which file or package, which version, what was trained and measured: printed above every table."""
    seeds: NDArray[np.float64] | None = field(default=None, repr=False)
    """(n, runs) single-run accuracies where known, NaN-padded."""


def parse_index(text: str, size: int) -> int | None:
    """Return the index that a text of digits means, None for any other text; raise `UsageError` if out of range."""
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?\d+", stripped, re.ASCII):
        return None
    index = int(stripped)
    if not 0 <= index < size:
        raise UsageError(f"there is no architecture {stripped}", f"indices run from 0 to {size - 1}")
    return index


class Space(ABC):
    """A set of architectures in a fixed order; the cheap side never imports torch, and declaring it not even numpy."""

    name: str
    summary: str
    cite: str
    datasets: tuple[Dataset, ...]
    example: str = ""
    """An architecture as the space writes it: tells which space a misspelt one was meant for."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of architectures."""

    @abstractmethod
    def arch(self, index: int) -> str:
        """Return the canonical string of an architecture in the benchmark's own notation."""

    def exchange_key(self, index: int) -> str:
        """Return how NAS-Bench-Suite-Zero writes an architecture: the text of a tuple of numbers, where it has one."""
        return self.arch(index)

    @abstractmethod
    def index(self, text: str) -> int:
        """Return the index of an architecture given in any supported notation; raise `UsageError` where it fails."""

    @abstractmethod
    def keys(self) -> Sequence[str]:
        """Return the isomorphism key of every architecture: equal ones are one architecture to the benchmark."""

    def valid(self) -> Bools:
        """Return (n,) whether every operator of an architecture matters to its output; by default all do."""
        import numpy as np

        return np.ones(len(self), dtype=bool)

    def dead(self) -> Bools:
        """Return (n,) whether no path leads from input to output: no evidence can be had of such; by default none."""
        import numpy as np

        return np.zeros(len(self), dtype=bool)

    @abstractmethod
    def targets(self, dataset: str) -> dict[str, str]:
        """Return the installed truth columns of a dataset: name -> source."""

    @abstractmethod
    def truth(self, dataset: str, target: str) -> Truth:
        """Return one truth column; raise `ZsbenchError` that says how to install it if it is missing."""

    @abstractmethod
    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the benchmark's network of an architecture; weights are drawn from torch's global generator."""

    def facts(self, index: int) -> dict[str, str | int]:  # noqa: ARG002 (the default knows none)
        """Return what is known of an architecture without building it: other notations, closed-form counts."""
        return {}

    def costs(self, dataset: str) -> Mapping[str, Floats]:  # noqa: ARG002 (the default knows none)
        """Return (n,) what every architecture costs, by name, for regimes such as `params<=1M`; NaN where unknown.

        `params` counts weights, `flops` multiply-accumulates as the benchmark states them; without building anything.
        """
        return {}

    def imported_costs(self, dataset: str) -> Mapping[str, Floats]:  # noqa: ARG002 (the default knows none)
        """Return (n,) what imports say that networks cost; NaN where unknown.

        `latency:DEVICE` is in ms, `energy:DEVICE` in mJ; each name is there as `NAME@IMPORT`, too.
        """
        return {}

    def all_costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) every cost known: imported ones, and what the space counts itself, which is never replaced."""
        return {**self.imported_costs(dataset), **self.costs(dataset)}

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how often every architecture has each operation, for regimes such as `ops:none=0`."""
        return {}

    def groups(self) -> Mapping[str, Sequence[str]]:
        """Return by grouping the (n,) names of the groups that architectures are in, for regimes as `family:ResNet`."""
        return {}

    def thin_network(self, arch: str) -> nn.Module | None:  # noqa: ARG002 (the default has none)
        """Build the one-channel, one-cell-a-stage, stemless version that linear_regions needs; None if undefined."""
        return None

    def stacking(self) -> Callable[[Sequence[nn.Module]], nn.Module] | None:
        """Return what makes one network of several of this space's, thin ones too, as `probes.stacked` measures it.

        None, the default, where each must be measured alone.
        """
        return None

    def dataset(self, name: str) -> Dataset:
        """Return the dataset called `name`; raise `UsageError` with a suggestion if there is none."""
        for dataset in self.datasets:
            if dataset.name.lower() == name.lower():
                return dataset
        raise unknown_name(f"dataset of {self.name}", name, [d.name for d in self.datasets])

    def sample(self, n: int) -> Ints:
        """Return the first `n` indices of one fixed permutation of the space, so that samples nest."""
        if not 1 <= n <= len(self):
            raise UsageError(f"a sample of {n} is not possible", f"{self.name} has {len(self):,} architectures")
        from numpy.random import default_rng

        return default_rng(derived_seed("sample", self.name)).permutation(len(self))[:n]

    def representatives(self) -> Ints:
        """Return (n,) for every architecture the lowest index with the same isomorphism key."""
        import numpy as np

        first: dict[str, int] = {}
        return np.array([first.setdefault(key, index) for index, key in enumerate(self.keys())])

    def twins(self, *, loose_ends: bool) -> Ints:  # noqa: ARG002 (most isomorphism keys are exact)
        """Return (n,) for every architecture the lowest index of an equal network: scores differ by the draw alone.

        Equal networks have the same operations, joined alike; without `loose_ends`, the same but for operations that
        the output does not depend on. By default equal networks are those with the same isomorphism key.
        """
        return self.representatives()
