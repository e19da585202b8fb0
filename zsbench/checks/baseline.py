"""A baseline: scores to hold later ones against, with all it takes to compute them again, in one file.

It is a score file (`zsbench.store.format`) whose note holds the rest as JSON: each proxy's direction, and the truth
that the ranking was held against, so that a check needs no benchmark file.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zsbench import __version__
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance, now
from zsbench.stats.estimate import Floats, Ints
from zsbench.store.files import reason, write_whole
from zsbench.store.format import FileProblemError, decode, encode
from zsbench.store.model import StoredSet, Texts

SCHEMA = 1


@dataclass(frozen=True)
class Facts:
    """What a baseline says beyond its scores."""

    higher_is_better: Mapping[str, bool]
    """Each proxy's direction when it was recorded."""
    target: str = ""
    """The truth column; empty where there was none."""
    source: str = ""
    """Where that truth comes from, or why there is none."""
    truth: Mapping[int, float] = field(default_factory=dict)
    """Index of an architecture -> its accuracy; unknown ones are left out."""

    def to_json(self) -> str:
        """Return the text that a baseline file carries."""
        return json.dumps({"baseline": SCHEMA, "zsbench": __version__, **dataclasses.asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Facts:
        """Read what `to_json` wrote; raise `ZsbenchError` if it is of a newer schema or something else."""
        if not text:
            raise ZsbenchError("scores, but no baseline", "zsbench check --record -o FILE makes one")
        try:
            found: dict[str, Any] = json.loads(text)
            if int(found["baseline"]) > SCHEMA:
                version = found.get("zsbench", "a newer one")
                raise ZsbenchError(
                    f"baseline schema {found['baseline']}; zsbench {__version__} reads up to {SCHEMA}",
                    f"zsbench {version} or newer reads it",
                )
            truth = {int(index): float(value) for index, value in found["truth"].items()}
            directions = {str(proxy): bool(higher) for proxy, higher in found["higher_is_better"].items()}
            return cls(directions, str(found["target"]), str(found["source"]), truth)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ZsbenchError(f"not the note of a baseline: {error}", "record it again") from error


@dataclass(frozen=True, eq=False)
class Baseline:
    """Scores of one space and dataset under one or more sets of conditions, and the facts."""

    sets: tuple[StoredSet, ...]
    facts: Facts
    provenance: Provenance

    @property
    def space(self) -> str:
        """Its space."""
        return self.sets[0].space

    @property
    def dataset(self) -> str:
        """Its dataset."""
        return self.sets[0].dataset

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Its seeds, ascending."""
        return tuple(sorted({one.conditions.seed for one in self.sets}))

    @cached_property
    def index(self) -> Ints:
        """(n,) the networks, ascending."""
        return np.unique(np.concatenate([one.index for one in self.sets]))

    @cached_property
    def arch(self) -> Texts:
        """(n,) the networks in the benchmark's own notation."""
        known = {i: a for one in self.sets for i, a in zip(one.index.tolist(), one.arch.tolist(), strict=True)}
        archs = np.empty(len(self.index), dtype=object)
        archs[:] = [known[i] for i in self.index.tolist()]
        return archs

    @cached_property
    def proxies(self) -> tuple[str, ...]:
        """The proxies in it, in alphabetical order."""
        return tuple(sorted({proxy for one in self.sets for proxy, _ in one.columns}))

    @cached_property
    def truth(self) -> Floats:
        """(n,) accuracies, NaN where unknown."""
        return np.array([self.facts.truth.get(i, math.nan) for i in self.index.tolist()])


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline whole or not at all; raise `ZsbenchError` if it cannot be written."""
    data = encode(baseline.sets, [baseline.provenance], now(), note=baseline.facts.to_json())
    write_whole(path, data)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline; raise `ZsbenchError` if the file is none, or is not whole, or of a newer schema."""
    try:
        content = decode(path.read_bytes())
        facts = Facts.from_json(content.note)
    except FileNotFoundError as error:
        raise ZsbenchError(f"no such file: {path}", "zsbench check --record -o FILE makes a baseline") from error
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {reason(error)}") from error
    except FileProblemError as error:
        raise ZsbenchError(f"cannot read {path}: {error.message}", error.hint) from error
    except ZsbenchError as error:
        raise ZsbenchError(f"{path}: {error.message}", error.hint) from error
    if content.problems or not content.sets:
        raise ZsbenchError(f"cannot read {path}: {'; '.join(content.problems) or 'it holds no scores'}")
    return Baseline(_of_one(content.sets, path), facts, content.provenance[0])


def _of_one(sets: Sequence[StoredSet], path: Path) -> tuple[StoredSet, ...]:
    places = {(one.space, one.dataset) for one in sets}
    if len(places) > 1:
        raise ZsbenchError(f"{path} holds scores of {len(places)} datasets; a baseline is of one")
    return by_seed(sets)


def by_seed(sets: Iterable[StoredSet]) -> tuple[StoredSet, ...]:
    """Return sets in the order of their seeds."""
    return tuple(sorted(sets, key=lambda one: (one.conditions.seed, one.conditions.id)))
