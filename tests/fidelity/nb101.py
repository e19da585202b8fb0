"""Our scores against NAS-Bench-Suite-Zero's for the same cells of NAS-Bench-101, and both against its accuracies.

The published sample has 250 keys but 173 different cells (isomorphic, or equal once pruned), of at most 6 vertices: the
cells of 7, 85 % of the space, are missing. Its accuracy is one training's validation; rows of one cell are averaged.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import suite_zero
from suite_zero import Agreement, Asked

from zsbench.registry import find_space
from zsbench.tables import Table

STATIC = ("params", "flops", "flops_all", "l2_norm", "synflow")
"""Cheap: no batch goes through the network."""
PUBLISHED_NEGATIVE = ("grad_norm", "snip", "fisher")
"""Ranked backwards on the whole space, by publications; in the sample their own tau is zero within its error."""
REPORTED = ("plain", "jacob_cov")
ASKED = Asked(at_least=dict.fromkeys(STATIC, 0.9), not_positive=PUBLISHED_NEGATIVE)


def published(reference: Path) -> pd.DataFrame:
    """Return the published scores and `val_accuracy` by index in the space, one row a cell."""
    space = find_space("nb101")
    table = suite_zero.content(reference, "nb101_sample.json.gz")["nasbench101"]["cifar10"]
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
    return suite_zero.agreements(table, names, results, ASKED, space="nb101", dataset="cifar10")


def as_table(found: list[Agreement]) -> Table:
    """Return the agreements as a table."""
    captions = (
        "The same cells: 173 different ones among the 250 published keys, of at most 6 vertices.",
        "Accuracy: the published file's, validation after one training of 108 epochs.",
        "Ours: unified protocol, batch 64 of real CIFAR-10 images, one seed.",
        "grad_norm, snip and fisher: negative on the whole space by publications; here also the published are near 0.",
        "Made by: make fidelity-nb101.",
    )
    if len({one.n for one in found}) > 1:
        captions += ("Where n is smaller the largest cells were left out for their time.",)
    return suite_zero.as_table(found, "NAS-Bench-101", captions)
