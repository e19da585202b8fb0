"""Other people's scores, for `zsbench scores import`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn
from zsbench.errors import UsageError

_TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")

if TYPE_CHECKING:
    from zsbench.exchange.reading import Reading


def is_foreign(file: Path, source: str | None) -> bool:
    """Return whether a file is another project's: by its format, or because a source is named."""
    from zsbench.exchange.suite_zero import is_suite_zero
    from zsbench.exchange.zero_cost_nas import is_zero_cost_nas

    return source is not None or is_suite_zero(file) or is_zero_cost_nas(file)


def import_foreign(
    file: Path,
    folder: Path,
    *,
    source: str | None = None,
    space: str | None = None,
    dataset: str | None = None,
    proxy: Sequence[str] | None = None,
) -> None:
    """Read a file of any kind that others write, and store its scores under the name of their source."""
    from zsbench import provenance
    from zsbench.store import exchange

    found, source = _read(file, source, space, dataset, proxy)
    if proxy and not file.name.lower().endswith(_TABLES):
        _only(found, proxy)
    datasets = {name: list(scores.values()) for name, scores in found.scores.items()}
    report = exchange.import_foreign(folder, source, found.space.name, datasets, provenance.collect(device=""))
    for text in found.remarks:
        warn(text)
    note(f"imported {report.scores:,} scores of {len(report.proxies)} proxies into {report.path.name}")
    note(f"they are called {report.proxies[0]} and so on, and stand beside ours in zsbench correlate")
    if found.accuracies:
        note(f"the file has accuracies, too: zsbench data import {found.space.name} {file}")


def _read(
    file: Path, source: str | None, space: str | None, dataset: str | None, proxy: Sequence[str] | None
) -> tuple[Reading, str]:
    """Return what a file holds, and its source; raise `UsageError` for options that don't fit its kind."""
    from zsbench.exchange import suite_zero, tables, zero_cost_nas
    from zsbench.registry import find_space
    from zsbench.store.tabular import read_frame

    known = find_space(space) if space else None
    if suite_zero.is_suite_zero(file):
        if dataset is not None:
            raise UsageError("--dataset is for tables and pickles: this file has its own", "leave it out")
        return suite_zero.read(file, known), _named(source or suite_zero.SOURCE)
    if zero_cost_nas.is_zero_cost_nas(file):
        return zero_cost_nas.read(file, known, dataset), _named(source or zero_cost_nas.SOURCE)
    return tables.read(read_frame(file), file, space, dataset, proxy), _named(source or "")


def _named(source: str) -> str:
    from zsbench.conditions import protocols
    from zsbench.truths.files import NAME

    if not re.fullmatch(NAME, source) or source in protocols():
        raise UsageError(f"{source!r} can't name a source", "letters, digits and _ . + -, and no protocol of ours")
    return source


def _only(found: Reading, wanted: Sequence[str]) -> None:
    """Leave only the proxies asked for; raise `UsageError` for one that the file doesn't have."""
    from zsbench.errors import unknown_name

    there = {proxy for scores in found.scores.values() for _, proxy in scores}
    for name in wanted:
        if name not in there:
            raise unknown_name("proxy of this file", name, there)
    for dataset, scores in found.scores.items():
        found.scores[dataset] = {key: score for key, score in scores.items() if key[1] in wanted}
