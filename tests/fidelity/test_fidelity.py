"""A small part of `make fidelity`, with its thresholds."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("fidelity", Path(__file__).with_name("fidelity.py"))
assert _spec is not None
assert _spec.loader is not None
fidelity = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fidelity)

NETWORKS = 40


@pytest.mark.timeout(600)
def test_scores_rank_cells_as_the_published_tool_does(reference, tmp_path):
    cells = fidelity.chosen_cells(reference, NETWORKS)
    names = tuple(fidelity.AT_LEAST)
    fidelity.score_cells(reference, cells, names, "0", tmp_path)
    found = fidelity.agreements(reference, cells, names, tmp_path)
    assert [one.n for one in found] == [NETWORKS] * len(names)
    missed = {one.proxy: one.published for one in found if one.verdict != "met"}
    assert not missed
