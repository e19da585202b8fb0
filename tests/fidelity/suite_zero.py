"""Our scores against those that NAS-Bench-Suite-Zero published for the same cells, and both against its accuracies."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fidelity import COLUMN, oriented
from scipy.stats import spearmanr

from zsbench.cli.output import Format, emit, note
from zsbench.stats import kendall
from zsbench.store import read_scores, scores_folder
from zsbench.tables import Cell, Column, Table

ACCURACY = "val_accuracy"


@dataclass(frozen=True)
class Asked:
    """What is asked of a comparison, set before its first run."""

    at_least: Mapping[str, float]
    """Proxy -> Spearman with the published scores."""
    not_positive: Sequence[str] = ()
    """Proxies that rank backwards on the whole space, by publications."""


@dataclass(frozen=True)
class Agreement:
    """How our ranking of n cells agrees with the published one, and how both agree with accuracy."""

    proxy: str
    n: int
    rho: float
    """Spearman, ours with the published; NaN where none are published."""
    ours: float
    """Kendall tau-b with accuracy."""
    theirs: float
    stderr: float
    """Of `ours`."""
    asked: Asked

    @property
    def verdict(self) -> str:
        """Whether what was asked for holds."""
        if self.proxy in self.asked.at_least:
            return "met" if self.rho >= self.asked.at_least[self.proxy] else "NOT MET"
        if self.proxy in self.asked.not_positive:
            return "not positive" if self.ours - 2 * self.stderr <= 0 else "POSITIVE"
        return "reported"

    @property
    def fails(self) -> bool:
        """Whether what was asked for does not hold."""
        return self.verdict in {"NOT MET", "POSITIVE"}


def content(reference: Path, name: str) -> Any:
    """Return what a published JSON file holds."""
    return json.loads(gzip.decompress((reference / "data" / name).read_bytes()))


def agreements(
    table: pd.DataFrame, names: Sequence[str], results: Path, asked: Asked, *, space: str, dataset: str
) -> list[Agreement]:
    """Compare everything stored for the cells of `table` (by index in the space) with its columns."""
    sets = read_scores(scores_folder(results), space=space, dataset=dataset).sets
    cells = [int(index) for index in table.index]
    found = []
    for name in names:
        (ours,) = [oriented(name, cells, one) for one in sets if name in one.columns]
        column = COLUMN.get(name, name)
        theirs = table[column].to_numpy(float) if column in table else np.full(len(cells), np.nan)
        accuracy = table[ACCURACY].to_numpy(float)
        usable = np.isfinite(ours)
        tau = kendall(ours[usable], accuracy[usable])
        published = np.isfinite(theirs).all()
        rho = float(spearmanr(ours[usable], theirs[usable]).statistic) if published else np.nan
        their_tau = kendall(theirs[usable], accuracy[usable]).value if published else np.nan
        found.append(Agreement(name, int(usable.sum()), rho, tau.value, their_tau, tau.stderr, asked))
    return found


def as_table(found: Sequence[Agreement], title: str, captions: Sequence[str]) -> Table:
    """Return the agreements as a table."""
    columns = (
        Column("proxy"),
        Column("n"),
        Column("rho with published", digits=4),
        Column("at least", digits=2),
        Column("tau with accuracy", digits=3),
        Column("stderr", digits=3),
        Column("tau of published", digits=3),
        Column("verdict"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.proxy,
            one.n,
            one.rho if np.isfinite(one.rho) else None,
            one.asked.at_least.get(one.proxy),
            one.ours,
            one.stderr,
            one.theirs if np.isfinite(one.theirs) else None,
            one.verdict,
        )
        for one in found
    ]
    return Table(
        f"Agreement with the published scores of NAS-Bench-Suite-Zero, {title}", columns, tuple(rows), captions
    )


def reference_folder() -> Path | None:
    """Return the folder of the reference data, or say how it is named."""
    if "ZSBENCH_REFERENCE" not in os.environ:
        note("fidelity needs the reference data: set ZSBENCH_REFERENCE to its folder")
        return None
    return Path(os.environ["ZSBENCH_REFERENCE"]).resolve()


def tell(found: Sequence[Agreement], table: Table, report: Path) -> int:
    """Show and write a table; return 4 if what was asked for does not hold, as `zsbench` does for differences."""
    emit(table)
    emit(table, Format.MD, report)
    return 4 if any(one.fails for one in found) else 0
