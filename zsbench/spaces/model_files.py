"""Networks that a user's own Python file yields: a space for each content of the file, kept in the data folder.

`zsbench score --model FILE.py:FUNCTION` registers one. Its name, such as `model-mynets-1f0c9a7e`, ends in a digest of
the file, the function, the dataset and the structure of every network: what changes any of them makes another space, so
that scores of different networks never mix. The file itself stays where it is, and must for its networks to be built;
what is stored can be read without it. Code that it imports is noticed only where it changes modules or shapes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zsbench.errors import ZsbenchError, unknown_name
from zsbench.paths import data_folder, replacing
from zsbench.registry import shelf
from zsbench.spaces.base import Dataset, Floats, parse_index
from zsbench.truths.space import SpaceWithTruth

if TYPE_CHECKING:
    from torch import nn

RECORD = "model.json"
SCHEMA = 1


@dataclass(frozen=True)
class Listed:
    """A network of the file, as it was when the space was registered."""

    name: str
    params: int
    structure: str


@dataclass(frozen=True)
class Record:
    """What is known of a user's file."""

    file: str
    """Where it lies, absolute."""
    function: str
    sha256: str
    """Of the file."""
    dataset: str
    size: int
    classes: int
    networks: tuple[Listed, ...]

    @property
    def space(self) -> str:
        """The name of the space; another content, function, dataset or structure has another one."""
        identity = dataclasses.asdict(self) | {"file": ""}
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", Path(self.file).stem).strip("-") or "file"
        return f"model-{stem}-{digest[:8]}"

    @property
    def model(self) -> str:
        """What `--model` said."""
        return f"{self.file}:{self.function}"

    def write(self) -> None:
        """Keep it in the data folder; raise `ZsbenchError` if that cannot be written."""
        path = data_folder() / self.space / RECORD
        text = json.dumps({"schema": SCHEMA} | dataclasses.asdict(self), indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as aside:
                aside.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise ZsbenchError(
                f"cannot write {path}: {error.strerror or error}", "ZSBENCH_DATA names another folder"
            ) from error


class ModelFile(SpaceWithTruth):
    """The networks of a user's file, in the order in which it yields them."""

    cite = ""

    def __init__(self, record: Record) -> None:
        """Declare the space of a record."""
        self.record = record
        self.name = record.space
        self.summary = f"{len(record.networks)} networks of {record.model}"
        self.datasets = (Dataset(record.dataset, record.size, record.classes),)
        self.example = record.networks[0].name

    def __len__(self) -> int:
        """Return the number of networks."""
        return len(self.record.networks)

    def arch(self, index: int) -> str:
        """Return the name that the file gives a network."""
        return self.record.networks[index].name

    def index(self, text: str) -> int:
        """Return the index of a network given by its name, or else by its index; raise `UsageError` if none is."""
        names = self.keys()
        if text.strip() in names:
            return names.index(text.strip())
        index = parse_index(text, len(self))
        if index is None:
            raise unknown_name(f"network of {self.name}", text, names)
        return index

    def keys(self) -> Sequence[str]:
        """Return the names: no two networks are taken for equal."""
        return [network.name for network in self.record.networks]

    def network(self, arch: str, dataset: str) -> nn.Module:  # noqa: ARG002 (there is only one)
        """Build a network; raise `ZsbenchError` if the file is gone, or builds another one by now."""
        from zsbench.networks.model_file import build, digest, structure

        record, path = self.record, Path(self.record.file)
        again = f"zsbench score --model {record.model} registers it as a space of its own"
        if digest(path) != record.sha256:
            raise ZsbenchError(f"{path} has changed since {self.name} was registered", again)
        network = build(path, record.function, arch)
        if structure(network) != record.networks[self.index(arch)].structure:
            raise ZsbenchError(f"{record.model} builds {arch} otherwise than when {self.name} was registered", again)
        return network

    def facts(self, index: int) -> dict[str, str | int]:
        """Return the parameters, and the file."""
        return {"params": self.record.networks[index].params, "model": self.record.model}

    def costs(self, dataset: str) -> Mapping[str, Floats]:  # noqa: ARG002 (there is only one)
        """Return (n,) `params` of every network."""
        import numpy as np

        return {"params": np.array([network.params for network in self.record.networks], dtype=float)}


def register(path: Path, function: str, dataset: Dataset) -> ModelFile:
    """Run the function of a user's file, keep a record of what it yields, and return it as a space.

    Raise `UsageError` or `ZsbenchError` for a file, function or networks that cannot be used; nothing is kept then.
    """
    from zsbench.networks.model_file import check_fits, describe, digest

    path = path.absolute()
    networks: list[Listed] = []
    for name, network, structure in describe(path, function):
        if not networks:
            check_fits(name, network, dataset.name, dataset.size, dataset.classes)
        networks.append(Listed(name, sum(weights.numel() for weights in network.parameters()), structure))
    record = Record(str(path), function, digest(path), dataset.name, dataset.size, dataset.classes, tuple(networks))
    record.write()
    return ModelFile(record)


@shelf
def registered() -> dict[str, ModelFile]:
    """Return the spaces of all records in the data folder, by name; those that cannot be read are left out."""
    found = (_read(path, path.stat().st_mtime_ns) for path in sorted(data_folder().glob(f"model-*/{RECORD}")))
    return {space.name: space for space in found if space is not None}


def earlier(space: ModelFile, among: Iterable[ModelFile]) -> list[str]:
    """Return the names of spaces that the same function of the same file made for the same dataset before."""
    record = space.record
    return [
        other.name
        for other in among
        if other.name != space.name and (other.record.model, other.record.dataset) == (record.model, record.dataset)
    ]


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> ModelFile | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        schema = content.pop("schema")
        networks = tuple(Listed(**network) for network in content.pop("networks"))
        record = Record(**content, networks=networks)
        if schema != SCHEMA or record.space != path.parent.name:
            return None
        return ModelFile(record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
