"""NDS: networks sampled from ten design spaces and trained (Radosavovic et al., ICCV 2019).

Which architectures there are only the authors' files know: a space has none before its file was imported, from the
authors' `data.zip` or a JSON file of it. The index of an architecture is the position of its entry in the file; a
network that was trained twice is there twice, as isomorphic architectures. `test` is the accuracy after the last epoch,
`test-best` that of the best epoch, chosen on the test set. ImageNet's networks (`-in`) are other samples and spaces.

Of the costs, `params` is the file's and equals ours (the import says for how many entries), `flops` is our count of
multiply-accumulates, and `flops_file` what the file states: multiply-accumulates, 5 for every element that a BatchNorm
puts out, and the classifier's biases, in the families of stages; in those of cells its formula is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.errors import UnsupportedError, UsageError
from zsbench.paths import data_folder
from zsbench.registry import space
from zsbench.spaces.base import Bools, Floats, Ints, parse_index
from zsbench.spaces.nds_counts import IMAGENET
from zsbench.spaces.nds_stages import StageNet
from zsbench.spaces.nds_table import FILES, Family, NdsFile, Net
from zsbench.truths.space import OfficialFile, SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

    from zsbench.truths.listed import Listed


@dataclass(frozen=True, eq=False)
class Known:
    """The architectures of one imported file, read once."""

    listed: Listed
    family: Family

    @cached_property
    def nets(self) -> list[Net]:
        """The architectures, parsed."""
        return [self.family.parse(arch) for arch in self.listed.archs]

    @cached_property
    def places(self) -> dict[str, int]:
        """The lowest index of every architecture."""
        first: dict[str, int] = {}
        for index, arch in enumerate(self.listed.archs):
            first.setdefault(arch, index)
        return first

    @cached_property
    def keys(self) -> list[str]:
        """The isomorphism keys."""
        return [net.key() for net in self.nets]

    @cached_property
    def valid(self) -> Bools:
        """(n,) whether every operation matters."""
        import numpy as np

        return np.array([net.is_complete() for net in self.nets], dtype=bool)

    @cached_property
    def dead(self) -> Bools:
        """(n,) whether the images do not reach the classifier."""
        import numpy as np

        return np.array([net.is_dead() for net in self.nets], dtype=bool)

    @cached_property
    def sizes(self) -> dict[str, Floats]:
        """(n,) depth, and width where it is one number."""
        import numpy as np

        sizes = [net.sizes() for net in self.nets]
        return {name: np.array([each[name] for each in sizes], dtype=float) for name in (sizes[0] if sizes else ())}

    @cached_property
    def operations(self) -> dict[str, Ints]:
        """(n,) how often the two cells have an operation."""
        import numpy as np

        counts = [net.operations() for net in self.nets]
        return {name: np.array([each[name] for each in counts], dtype=np.int64) for name in self.family.operations}


@lru_cache(maxsize=len(FILES))
def _known(folder: Path, changed: int, name: str, family: Family) -> Known:  # noqa: ARG001 (forgets what has changed)
    """Return what the latest import in a folder lists, or nothing."""
    from zsbench.truths.files import imported_files, read_architectures
    from zsbench.truths.listed import Listed

    for imported in reversed(imported_files(name)):
        listed = read_architectures(imported.path)
        if listed is not None:
            return Known(listed, family)
    return Known(Listed(()), family)


class Nds(SpaceWithTruth):
    """One file of NDS; see the table in `zsbench.spaces.nds_table`."""

    cite = "radosavovic2019nds"

    def __init__(self, file: NdsFile) -> None:
        """Declare the space of a file."""
        self.file = file
        self.name = file.space
        self.datasets = (file.dataset,)
        self.example = file.family.example
        words = {"cifar10": "CIFAR-10", "imagenet": "ImageNet"}
        self.summary = f"NDS: the networks of {file.file}.json, trained on {words[file.dataset.name]}"

    @property
    def _listed(self) -> Known:
        folder = data_folder() / self.name
        changed = folder.stat().st_mtime_ns if folder.is_dir() else 0
        return _known(folder, changed, self.name, self.file.family)

    def __len__(self) -> int:
        """Return how many entries the imported file has, 0 without one."""
        return len(self._listed.listed.archs)

    def lacks(self) -> str:
        """Return the commands that bring the architectures, empty if they are there."""
        if len(self):
            return ""
        return (
            f"zsbench data get nds.zip, then zsbench data import {self.name} FILE: nds.zip or its {self.file.file}.json"
        )

    def arch(self, index: int) -> str:
        """Return the text of an architecture; see `zsbench.spaces.nds_cell` and `zsbench.spaces.nds_stages`."""
        self.check_present()
        return self._listed.listed.archs[index]

    def index(self, text: str) -> int:
        """Return the index that a text of digits is, or the lowest index of an architecture.

        Raise `UsageError` for a text that fails, or a network that was not sampled.
        """
        self.check_present()
        index = parse_index(text, len(self))
        if index is not None:
            return index
        arch = str(self.file.family.parse(text))
        if arch not in self._listed.places:
            raise UsageError(
                f"{text.strip()!r} is none of the {len(self):,} networks that were trained",
                f"zsbench scores export and zsbench show {self.name}:0 print some that were",
            )
        return self._listed.places[arch]

    def sample(self, n: int) -> Ints:
        """Return the first `n` indices of one fixed permutation of the entries."""
        self.check_present()
        return super().sample(n)

    def keys(self) -> Sequence[str]:
        """Return texts that are equal for equal networks: up to the order of nodes and of their inputs."""
        return self._listed.keys

    def valid(self) -> Bools:
        """Return (n,) whether every operation but none lies on a path from a cell's inputs to its output."""
        return self._listed.valid

    def dead(self) -> Bools:
        """Return (n,) whether no path leads from the images to the classifier."""
        return self._listed.dead

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the file with the space's entries, or the archive of all; see `zsbench.truths.nds_official`."""
        from zsbench.truths.nds_official import read_nds

        read = partial(read_nds, file=self.file, parameters=self._built_parameters)
        return (OfficialFile(("*.json", "*.zip"), f"the official {self.file.file}.json, or all in data.zip", read),)

    def network(self, arch: str, dataset: str) -> nn.Module:
        """Build the network of an architecture, sampled or not.

        Raise `UnsupportedError` where the file states other parameters than the network has.
        """
        net = self.file.family.parse(arch)
        place = self._listed.places.get(str(net))
        if place is not None:
            counts = self._listed.listed.counts
            stated, ours = int(counts["params"][place]), int(counts["our_params"][place])
            if stated != ours:
                raise UnsupportedError(f"the file states {stated:,} parameters, this network has {ours:,}")
        self.dataset(dataset)
        return self._build(net)

    def _build(self, net: Net) -> nn.Module:
        from zsbench.networks.nds_cells import cifar_cell_network, imagenet_cell_network
        from zsbench.networks.nds_stages import stage_network

        classes = self.file.dataset.classes
        if isinstance(net, StageNet):
            return stage_network(net, classes)
        return (imagenet_cell_network if self.file.dataset == IMAGENET else cifar_cell_network)(net, classes)

    def _built_parameters(self, net: Net) -> int:
        """Return how many parameters a network has when it is built (without memory for them)."""
        import torch

        with torch.device("meta"):
            return sum(parameter.numel() for parameter in self._build(net).parameters())

    def facts(self, index: int) -> dict[str, str | int]:
        """Return what the file counts, and what we do."""
        return {name.replace("_", " "): int(count[index]) for name, count in self._listed.listed.counts.items()}

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) `params`, `flops` (multiply-accumulates), `flops_file`, `depth` and, of cells, `width`."""
        self.dataset(dataset)
        listed = self._listed.listed.counts
        names = {"params": "params", "flops": "our_macs", "flops_file": "flops"}
        counts = {name: listed[source].astype(float) for name, source in names.items() if source in listed}
        return counts | self._listed.sizes

    def operations(self) -> Mapping[str, Ints]:
        """Return (n,) how often the two cells together have each operation; nothing for families of stages."""
        return self._listed.operations


for _file in FILES:
    space(Nds(_file))
