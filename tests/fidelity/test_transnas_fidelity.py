"""A small part of `make fidelity-transnas`, with its thresholds."""

from __future__ import annotations

import numpy as np
import transnas
from fidelity import score_cells

from zsbench.registry import find_space

CELLS = 6


def test_static_scores_rank_cells_as_the_published_tool_does(reference, tmp_path):
    chosen = transnas.spread_over_sizes(reference, CELLS)
    of = {"space": transnas.SPACE, "dataset": transnas.TASK}
    score_cells(reference, chosen, transnas.STATIC, "0", tmp_path, **of, batch_size=2)
    found = transnas.agreements(reference, chosen, transnas.STATIC, tmp_path)
    assert [one.n for one in found] == [CELLS] * len(transnas.STATIC)
    assert {one.proxy: one.rho for one in found if one.fails} == {}


def test_parameters_and_flops_of_every_published_cell_rank_as_published(reference):
    table = transnas.published(reference)
    costs = find_space(transnas.SPACE).costs(transnas.TASK)
    np.testing.assert_allclose(costs["params"][table.index], table["params"] * 1e6, rtol=1e-6)
    assert np.corrcoef(costs["flops"][table.index], table["flops"])[0, 1] > 0.9999
