"""Our own gate: the rankings of all proxies are those of results/baselines/ci.h5 (`make baseline` records it anew)."""

from __future__ import annotations

from pathlib import Path

import pytest

from zsbench.checks import read_baseline
from zsbench.checks.summary import summary
from zsbench.registry import proxies

BASELINE = Path(__file__).parents[1] / "results" / "baselines" / "ci.h5"
DEFINED_ELSEWHERE = {"nn_degree", "nn_mass"}
"""Proxies of chains of cells: no network of the baseline has them."""


@pytest.fixture(scope="module")
def baseline():
    return read_baseline(BASELINE)


@pytest.mark.slow
def test_no_ranking_moved(zsbench_check):
    zsbench_check(BASELINE)


def test_every_proxy_is_under_watch(baseline):
    measured = {name for name, one in proxies().items() if not one.is_aggregate}
    assert measured - set(baseline.proxies) <= DEFINED_ELSEWHERE, "make baseline"


def test_the_words_beside_it_are_its_own(baseline):
    assert BASELINE.with_suffix(".txt").read_text(encoding="utf-8") == summary(baseline)


def test_it_has_two_seeds_and_accuracies(baseline):
    assert len({one.conditions.seed for one in baseline.sets}) >= 2
    assert baseline.facts.target == "valid"
    assert len(baseline.facts.truth) == len(baseline.index)
