"""Our scores against those of a published tool (NAS-Bench-Suite-Zero) for the same cells, on CIFAR-10 images.

Scores of another tool come from other draws of weights and inputs: they agree in rank, not in value. The thresholds
are those set before the first run; they are not to be tuned.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from zsbench.cli.planning import make_plans
from zsbench.cli.request import Request
from zsbench.evaluate import evaluate
from zsbench.provenance import collect
from zsbench.registry import find_space, proxies
from zsbench.stats import spearman
from zsbench.store import ScoreSet, Writer, read_scores, scores_folder
from zsbench.tables import Cell, Column, Table

COLUMN = {"flops_all": "flops", "jacob_cov": "jacov", "naswot": "nwot"}
"""Our proxy -> the published column, where the names differ."""

AT_LEAST = {
    "params": 1.0,
    "flops_all": 1.0,
    "synflow": 0.99,
    "naswot": 0.97,
    "zen": 0.97,
    "grad_norm": 0.97,
    "snip": 0.97,
    "fisher": 0.96,
    "l2_norm": 0.93,
    "jacob_cov": 0.92,
}
"""Spearman with the published scores of the same cells."""

NOISY = ("grasp", "plain", "ntk_cond")
"""Noisy by nature: reported over several seeds, beside the agreement of our own seeds."""


@dataclass(frozen=True)
class Agreement:
    """How our ranking of n cells agrees with the published one, and with itself over seeds."""

    proxy: str
    n: int
    published: float
    """Spearman with the published scores, mean over our seeds; NaN where none are published."""
    high: float
    """Upper end of its 95 % interval (first seed), for samples too small to judge strictly."""
    own: float
    """Mean Spearman between two of our seeds; NaN for one seed."""
    seeds: int

    @property
    def verdict(self) -> str:
        """Whether the threshold is met."""
        if self.proxy not in AT_LEAST:
            return "reported"
        return "met" if self.published >= AT_LEAST[self.proxy] - 1e-12 else "NOT MET"

    @property
    def contradicts(self) -> bool:
        """Whether even the upper end of the interval is below the threshold: what a small sample can tell."""
        return np.nanmax([self.published, self.high]) < AT_LEAST.get(self.proxy, -1.0) - 1e-12


def published_scores(reference: Path) -> pd.DataFrame:
    """Return the published scores by index in the space."""
    return pd.read_csv(reference / "data" / "nb201_reference_scores_cifar10.csv.gz").set_index("index")


def chosen_cells(reference: Path, networks: int) -> list[int]:
    """Return the first `networks` cells, in the order of the space's own nested sample, that are published."""
    space = find_space("nb201")
    known = set(published_scores(reference).index)
    return [int(i) for i in space.sample(len(space)) if int(i) in known][:networks]


def score_cells(
    reference: Path,
    cells: list[int],
    names: tuple[str, ...],
    seeds: str,
    results: Path,
    *,
    space: str = "nb201",
    dataset: str = "cifar10",
    batch_size: int | None = None,
) -> None:
    """Score cells under the unified protocol, on the CIFAR-10 sample where that is the dataset, else on photographs.

    What is stored is not repeated.
    """
    listing = results / f"{space}-{len(cells)}.txt"
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text("\n".join(map(str, cells)) + "\n", encoding="utf-8")
    request = Request.parse(
        space=space,
        datasets=[dataset],
        proxies=list(names),
        sample=None,
        archs=listing,
        unique=False,
        protocol="unified",
        batch_size=batch_size,
        init=None,
        source=f"npz:{reference / 'data' / 'cifar10_sample.npz'}" if dataset == "cifar10" else "photos",
        seeds=seeds,
        device="cpu",
        workers=None,
        results=results,
    )
    with Writer(request.folder, collect()) as writer:
        for plan in make_plans(request):
            for job, scores in evaluate(plan, workers=request.workers):
                writer.add(plan.space, plan.dataset, job.conditions, scores)


def agreements(reference: Path, cells: list[int], names: tuple[str, ...], results: Path) -> list[Agreement]:
    """Compare everything stored for `cells` with the published scores."""
    published = published_scores(reference)
    sets = read_scores(scores_folder(results), space="nb201", dataset="cifar10").sets
    return [_agreement(name, cells, published, sets) for name in names]


def _agreement(name: str, cells: list[int], published: pd.DataFrame, sets: tuple[ScoreSet, ...]) -> Agreement:
    columns = [oriented(name, cells, one) for one in sets if name in one.columns]
    columns = [column for column in columns if np.isfinite(column).any()]
    theirs = COLUMN.get(name, name)
    usable = np.logical_and.reduce([np.isfinite(column) for column in columns])
    with_published, high = [np.nan], np.nan
    if theirs in published.columns:
        reference = published.loc[cells, theirs].to_numpy(float)
        with_published = [spearmanr(column[usable], reference[usable]).statistic for column in columns]
        high = spearman(columns[0][usable], reference[usable]).high
    between = [spearmanr(a[usable], b[usable]).statistic for a, b in combinations(columns, 2)] or [np.nan]
    return Agreement(
        name, int(usable.sum()), float(np.mean(with_published)), float(high), float(np.mean(between)), len(columns)
    )


def oriented(name: str, cells: list[int], one: ScoreSet) -> np.ndarray:
    """Return the scores of cells, higher is better, NaN where there is none."""
    place = {int(index): row for row, index in enumerate(one.index)}
    rows = [place.get(cell, -1) for cell in cells]
    values = one.columns[name].value
    return proxies()[name].sign * np.array([values[row] if row >= 0 else np.nan for row in rows])


def as_table(found: list[Agreement], title: str, captions: tuple[str, ...]) -> Table:
    """Return the agreements as a table."""
    columns = (
        Column("proxy"),
        Column("published column"),
        Column("n"),
        Column("seeds"),
        Column("rho with published", digits=3),
        Column("at least", digits=2),
        Column("rho between our seeds", digits=3),
        Column("verdict"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.proxy,
            COLUMN.get(one.proxy, one.proxy) if np.isfinite(one.published) else None,
            one.n,
            one.seeds,
            one.published if np.isfinite(one.published) else None,
            AT_LEAST.get(one.proxy),
            one.own if np.isfinite(one.own) else None,
            one.verdict,
        )
        for one in found
    ]
    return Table(title, columns, tuple(rows), captions)
