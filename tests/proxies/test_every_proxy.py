"""What holds for every registered proxy: its declaration, and the same bits alone, together and twice."""

from __future__ import annotations

import importlib
import math
import re

import pytest
import torch

from zsbench.citations import bibliography
from zsbench.evaluate.network import score_subject
from zsbench.registry import proxies
from zsbench.score import Status

ALL = proxies()
ALONE = [name for name, proxy in ALL.items() if not proxy.is_aggregate]
ON_CELLS = [name for name in ALONE if name not in {"nn_mass", "nn_degree"}]
FAMILIES = {
    "complexity",
    "gradient",
    "gradient statistics",
    "kernel",
    "expressivity",
    "activation",
    "graph",
    "aggregate",
}
CELLS = ["convolutions", "cut", "pooled"]


@pytest.mark.parametrize("name", ALL)
def test_a_proxy_declares_what_it_is(name):
    proxy = ALL[name]
    assert proxy.sign in {1, -1}
    assert proxy.family in FAMILIES
    assert re.fullmatch(r"[EGT](\+[EGT])*", proxy.criterion)
    assert proxy.version >= 1
    assert bool(proxy.of) != bool(proxy.needs)
    assert set(proxy.of) <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_proxy_explains_itself(name):
    proxy = ALL[name]
    module = importlib.import_module(proxy.score.__module__)
    assert module.__name__ == f"zsbench.proxies.{name}"
    assert proxy.summary.endswith((".", ")", "means"))
    assert module.__doc__ != proxy.score.__doc__
    assert proxy.score.__doc__


@pytest.mark.parametrize("name", ALL)
def test_a_proxy_s_citation_exists(name):
    assert ALL[name].cite in bibliography()


def test_only_the_condition_number_is_better_when_lower():
    assert [name for name, proxy in ALL.items() if proxy.sign == -1] == ["ntk_cond"]


def scored(tiny, cell, names):
    measured = tiny.cell_subject(cell, dtype=torch.float32)
    return measured, score_subject(measured, [ALL[name] for name in names])


@pytest.fixture(scope="module")
def together(tiny):
    """Score every cell with all proxies in one go."""
    return {cell: scored(tiny, cell, ALONE)[1] for cell in CELLS}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ALONE)
def test_a_proxy_alone_has_the_bits_that_it_has_together_with_all(tiny, together, name, cell):
    alone = scored(tiny, cell, [name])[1][name]
    other = together[cell][name]
    assert (alone.status, alone.reason) == (other.status, other.reason)
    assert alone.value == other.value or (math.isnan(alone.value) and math.isnan(other.value))


@pytest.mark.parametrize("name", ON_CELLS)
def test_a_proxy_has_a_finite_score_on_cells(together, name):
    for outcomes in together.values():
        assert outcomes[name].status is Status.OK
        assert math.isfinite(outcomes[name].value)
        assert outcomes[name].seconds > 0


def test_scoring_a_network_a_second_time_changes_no_bit(tiny, together):
    measured, first = scored(tiny, "convolutions", ALONE)
    again = score_subject(measured, [ALL[name] for name in reversed(ON_CELLS)])
    for name in ON_CELLS:
        assert again[name].value == first[name].value == together["convolutions"][name].value


def test_another_seed_gives_other_weights(tiny):
    drawn = [name for name in ON_CELLS if ALL[name].family != "complexity"]
    one, other = (
        score_subject(tiny.cell_subject("convolutions", dtype=torch.float32, seed=seed), [ALL[n] for n in drawn])
        for seed in (0, 2)  # gradsign of seed 1 happens to equal that of seed 0
    )
    assert [name for name in drawn if one[name].value == other[name].value] == []
