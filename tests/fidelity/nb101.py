"""Our scores against NAS-Bench-Suite-Zero's for the same cells of NAS-Bench-101, and both against its accuracies.

The published sample has 250 keys but 173 different cells (isomorphic, or equal once pruned), of at most 6 vertices: the
cells of 7, 85 % of the space, are missing. Its accuracy is one training's validation; rows of one cell are averaged.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from fidelity import COLUMN, oriented
from scipy.stats import spearmanr

from zsbench.registry import find_space
from zsbench.stats import kendall
from zsbench.store import read_scores, scores_folder
from zsbench.tables import Cell, Column, Table

STATIC = ("params", "flops", "flops_all", "l2_norm", "synflow")
"""Cheap: no batch goes through the network."""
AT_LEAST = dict.fromkeys(STATIC, 0.9)
"""Spearman with the published scores, set before the first run."""
PUBLISHED_NEGATIVE = ("grad_norm", "snip", "fisher")
"""Ranked backwards on the whole space, by publications; in the sample their own tau is zero within its error."""
REPORTED = ("jacob_cov", "grasp", "plain")


@dataclass(frozen=True)
class Agreement:
    """How our ranking of n cells agrees with the published one, and how both agree with accuracy."""

    proxy: str
    n: int
    rho: float
    """Spearman, ours with the published."""
    ours: float
    """Kendall tau-b with accuracy."""
    theirs: float
    stderr: float
    """Of `ours`."""

    @property
    def verdict(self) -> str:
        """Whether what was asked for holds."""
        if self.proxy in AT_LEAST:
            return "met" if self.rho >= AT_LEAST[self.proxy] else "NOT MET"
        if self.proxy in PUBLISHED_NEGATIVE:
            return "not positive" if self.ours - 2 * self.stderr <= 0 else "POSITIVE"
        return "reported"


def published(reference: Path) -> pd.DataFrame:
    """Return the published scores and `val_accuracy` by index in the space, one row a cell."""
    content = json.loads(gzip.decompress((reference / "data" / "nb101_sample.json.gz").read_bytes()))
    space = find_space("nb101")
    table = content["nasbench101"]["cifar10"]
    rows = pd.DataFrame(list(table.values()), index=[space.index(key) for key in table])
    return rows.groupby(level=0).mean()


def spread_over_sizes(reference: Path, cells: int | None = None, *, smallest: int | None = None) -> list[int]:
    """Return so many (default: all) of the published cells, or of the smallest of them, evenly over their sizes."""
    table = published(reference).sort_values("params")[:smallest]
    cells = cells or len(table)
    places = np.linspace(0, len(table) - 1, cells).round().astype(int)
    return [int(index) for index in table.index[places]]


def agreements(reference: Path, cells: list[int], names: tuple[str, ...], results: Path) -> list[Agreement]:
    """Compare everything stored for `cells` with the published scores and accuracies."""
    table = published(reference).loc[cells]
    sets = read_scores(scores_folder(results), space="nb101", dataset="cifar10").sets
    found = []
    for name in names:
        (ours,) = [oriented(name, cells, one) for one in sets if name in one.columns]
        theirs = table[COLUMN.get(name, name)].to_numpy(float)
        usable = np.isfinite(ours)
        accuracy = table["val_accuracy"].to_numpy(float)[usable]
        tau = kendall(ours[usable], accuracy)
        found.append(
            Agreement(
                name,
                int(usable.sum()),
                float(spearmanr(ours[usable], theirs[usable]).statistic),
                tau.value,
                kendall(theirs[usable], accuracy).value,
                tau.stderr,
            )
        )
    return found


def as_table(found: list[Agreement]) -> Table:
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
        (one.proxy, one.n, one.rho, AT_LEAST.get(one.proxy), one.ours, one.stderr, one.theirs, one.verdict)
        for one in found
    ]
    captions = (
        "The same cells: 173 different ones among the 250 published keys, of at most 6 vertices.",
        "Accuracy: the published file's, validation after one training of 108 epochs.",
        "Ours: unified protocol, batch 64 of real CIFAR-10 images, one seed.",
        "grad_norm, snip and fisher: negative on the whole space by publications; here also the published are near 0.",
        "Made by: make fidelity-nb101.",
    )
    return Table(
        "Agreement with the published scores of NAS-Bench-Suite-Zero, NAS-Bench-101",
        columns,
        rows=tuple(rows),
        captions=captions,
    )
