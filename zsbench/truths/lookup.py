"""Which truth a target's name means: the rule of `zsbench.truths`, the same for every space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from zsbench.errors import ZsbenchError
from zsbench.spaces.base import Truth
from zsbench.truths.files import OFFICIAL, imported_files, read_truth


@dataclass(frozen=True)
class Available:
    """A truth column that can be loaded: `provider` is the package or import that it comes from."""

    target: str
    provider: str
    source: str
    load: Callable[[], Truth]
    official: bool = False


def available(space: str, dataset: str, embedded: Sequence[Available]) -> dict[str, Available]:
    """Return every name of a dataset's truth columns: plain ones first, then each `TARGET@NAME`."""
    plain = {column.target: column for column in embedded}
    every = list(embedded)
    kept = set(plain)
    for column in _imported(space, dataset):
        every.append(column)
        if column.official or column.target not in kept:
            plain[column.target] = column
    return plain | {f"{column.target}@{column.provider}": column for column in every}


def find(space: str, dataset: str, target: str, embedded: Sequence[Available]) -> Truth:
    """Load the truth column called `target`; raise `ZsbenchError` that lists what is installed if there is none."""
    columns = available(space, dataset, embedded)
    if target not in columns:
        installed = ", ".join(columns) or "nothing"
        raise ZsbenchError(
            f"no truth called {target!r} is installed for {space} on {dataset}",
            f"installed: {installed}; more: zsbench data import {space} FILE, zsbench data list",
        )
    return columns[target].load()


def _imported(space: str, dataset: str) -> list[Available]:
    return [
        Available(
            target=target,
            provider=imported.name,
            source=imported.source(what),
            load=partial(read_truth, imported, dataset, target),
            official=imported.origin.format == OFFICIAL,
        )
        for imported in imported_files(space)
        for of, target, what in imported.columns
        if of == dataset
    ]
