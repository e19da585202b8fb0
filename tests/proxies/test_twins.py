"""Networks that a space calls equal have equal scores under equal weights; where it doesn't, some proxy tells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zsbench.networks.nats import cell_network, thin_cell_network
from zsbench.registry import proxies
from zsbench.spaces import cell201

DEFINED = sorted(
    name for name, proxy in proxies().items() if not proxy.is_aggregate and name not in {"nn_mass", "nn_degree"}
)
DRAWS_ITS_OWN = {"zen", "zen_paper", "linear_regions"}
"""Their weights are drawn for them, in the order of the modules: equal networks are equal in distribution alone."""
COUNTS_SIGNS_OF_ROUNDING = {"gradsign"}
"""Gradients that are zero but for rounding have signs, too, and other ones when terms come in another order."""
CONV, SKIP, NONE = 3, 1, 0
USED_TWICE = (CONV, NONE, SKIP, NONE, CONV, 2)
BUILT_TWICE = (CONV, CONV, NONE, NONE, CONV, 2)
"""One isomorphism string, as it writes the common convolution out twice."""


def subject(tiny, cell, dtype=torch.float64):
    """Return a subject of a cell's network; weights of equal shape are equal, as if each were drawn first."""
    operations = cell201.operations_of(cell)

    def build():
        network = cell_network(operations, tiny.CLASSES, 4, cells=1)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name.endswith("bias"):
                    parameter.zero_()
                elif parameter.dim() > 1:
                    generator = torch.Generator().manual_seed(parameter.numel())
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) / parameter[0].numel() ** 0.5)
        return network

    return tiny.subject(build, thin=lambda: thin_cell_network(operations), dtype=dtype)


def pairs(*, loose_ends):
    """Return pairs of different cells that are equal networks, drawn by lot among those with three convolutions."""
    twins, cells = cell201.twins(loose_ends=loose_ends), cell201.all_digits()
    many = np.isin(cells, (2, 3)).sum(axis=1) > 2
    others = np.flatnonzero((twins != np.arange(len(twins))) & many)
    drawn = np.random.default_rng(5).choice(others, 4, replace=False)
    return [tuple(cell201.digits_of(int(index)) for index in (one, twins[one])) for one in drawn]


def scored(loose_ends):
    return [name for name in DEFINED if proxies()[name].sees_loose_ends == loose_ends and name not in DRAWS_ITS_OWN]


@pytest.mark.parametrize("pair", pairs(loose_ends=False), ids=str)
@pytest.mark.parametrize("name", scored(loose_ends=False))
def test_networks_that_compute_the_same_have_equal_scores(tiny, name, pair):
    first, second = (tiny.score(name, subject(tiny, cell)) for cell in pair)
    assert second == pytest.approx(first, rel=1e-8, nan_ok=True)


@pytest.mark.parametrize("pair", pairs(loose_ends=True), ids=str)
@pytest.mark.parametrize("name", scored(loose_ends=True))
def test_networks_with_the_same_loose_ends_have_equal_scores(tiny, name, pair):
    first, second = (tiny.score(name, subject(tiny, cell)) for cell in pair)
    assert second == pytest.approx(first, rel=1e-2 if name in COUNTS_SIGNS_OF_ROUNDING else 1e-8, nan_ok=True)


LOOSE = {
    "bare": (CONV, NONE, NONE, 2, CONV, NONE),
    "reads zeros": (CONV, NONE, NONE, 2, CONV, CONV),
    "is read by nothing": (CONV, CONV, 2, 2, CONV, NONE),
}
"""The same function, with convolutions on and behind node 2."""


@pytest.mark.parametrize("name", [name for name in DEFINED if proxies()[name].sees_loose_ends])
def test_a_proxy_that_is_said_to_see_loose_ends_does(tiny, name):
    bare, *others = (tiny.score(name, subject(tiny, cell, torch.float32)) for cell in LOOSE.values())
    assert any(other != bare for other in others)


@pytest.mark.parametrize("name", ["grad_norm", "snip", "zico", "params"])
def test_a_result_used_twice_is_not_two_results(tiny, name):
    cells = [cell201.index_of(cell) for cell in (USED_TWICE, BUILT_TWICE)]
    assert len({cell201.unique_strings()[index] for index in cells}) == 1
    assert len(set(cell201.twins(loose_ends=False)[cells])) == 2
    once, twice = (tiny.score(name, subject(tiny, cell)) for cell in (USED_TWICE, BUILT_TWICE))
    assert once != pytest.approx(twice, rel=1e-3)
