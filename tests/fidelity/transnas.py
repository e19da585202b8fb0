"""Our scores against NAS-Bench-Suite-Zero's for the same cells of TransNAS-Bench-101 (micro), task class_scene.

Both on batches of 32 at 256x256; theirs of the benchmark's photographs, ours of other photographs with random labels.
The published file has no synflow; `jacob_cov` has no information on this task (the encoder ends with BatchNorm): see
docs/benchmarks.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import suite_zero
from suite_zero import Agreement, Asked

from zsbench.registry import find_space
from zsbench.tables import Table

SPACE, TASK = "transnas-micro", "class_scene"
BATCH = 32
STATIC = ("params", "flops", "flops_all", "l2_norm")
"""Cheap: no batch goes through the network."""
MEASURED = ("naswot", "grad_norm", "snip", "fisher", "plain")
ASKED = Asked(at_least={**dict.fromkeys(STATIC, 0.9), "naswot": 0.9, "grad_norm": 0.9, "snip": 0.9, "fisher": 0.9})


def published(reference: Path) -> pd.DataFrame:
    """Return the published scores and `val_accuracy` by index in the space."""
    space = find_space(SPACE)
    table = suite_zero.content(reference, "transnas_suitezero_sample.json.gz")[TASK]
    rows = [
        {name: value["score"] if isinstance(value, dict) else value for name, value in row.items()}
        for row in table.values()
    ]
    frame = pd.DataFrame(rows, index=[space.index(key) for key in table])
    return frame.drop(columns=["idx", "arch"]).astype(float)


def spread_over_sizes(reference: Path, cells: int) -> list[int]:
    """Return so many of the published cells whose output depends on their input, evenly over their FLOPs."""
    dead = find_space(SPACE).dead()
    table = published(reference).sort_values("flops")
    table = table[[not dead[index] for index in table.index]]
    places = np.linspace(0, len(table) - 1, cells).round().astype(int)
    return [int(index) for index in table.index[places]]


def agreements(reference: Path, cells: list[int], names: tuple[str, ...], results: Path) -> list[Agreement]:
    """Compare everything stored for `cells` with the published scores and accuracies."""
    table = published(reference).loc[cells]
    return suite_zero.agreements(table, names, results, ASKED, space=SPACE, dataset=TASK)


def as_table(found: list[Agreement]) -> Table:
    """Return the agreements as a table."""
    captions = (
        "Cells of the published sample of 200, evenly over their FLOPs.",
        "Accuracy: the published file's, validation top-1 after the last epoch.",
        f"Ours: unified protocol with batches of {BATCH} as published, photographs with random labels, one seed.",
        "The published file has no synflow; jacob_cov carries no information on this task.",
        "Made by: make fidelity-transnas.",
    )
    return suite_zero.as_table(found, "TransNAS-Bench-101 micro, class_scene", captions)
