"""A small part of `make fidelity-nb101`, with its thresholds."""

from __future__ import annotations

import fidelity
import nb101
import pytest

from zsbench.spaces.cells101_kept import cells

CELLS = 10
SMALLEST = 100
"""Among so many of the 173: the largest networks take most of the time."""


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("nb101_cells_for_others")
def test_static_scores_rank_cells_as_the_published_tool_does(reference, tmp_path):
    chosen = nb101.spread_over_sizes(reference, CELLS, smallest=SMALLEST)
    fidelity.score_cells(reference, chosen, nb101.STATIC, "0", tmp_path, space="nb101")
    found = nb101.agreements(reference, chosen, nb101.STATIC, tmp_path)
    assert [one.n for one in found] == [CELLS] * len(nb101.STATIC)
    assert {one.proxy: one.rho for one in found if one.verdict != "met"} == {}


@pytest.mark.usefixtures("nb101_cells")
def test_the_published_sample_is_what_the_comparison_says(reference):
    table = nb101.published(reference)
    assert len(table) == 173
    assert max(cells().cell(index).vertices for index in table.index) == 6


def test_a_negative_proxy_is_contradicted_only_beyond_its_error():
    slightly = nb101.Agreement("snip", 173, 0.9, 0.06, 0.05, 0.05, nb101.ASKED)
    clearly = nb101.Agreement("snip", 173, 0.9, 0.2, 0.05, 0.05, nb101.ASKED)
    low = nb101.Agreement("synflow", 173, 0.89, 0.4, 0.4, 0.05, nb101.ASKED)
    assert [one.verdict for one in (slightly, clearly, low)] == ["not positive", "POSITIVE", "NOT MET"]
