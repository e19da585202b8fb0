"""A proxy whose scores isomorphic networks share gives them equal scores under equal weights; others may not."""

from __future__ import annotations

import pytest
import torch

from zsbench.networks.nats import cell_network, thin_cell_network
from zsbench.registry import proxies
from zsbench.tables.shared import is_shared

NONE, CONV, ONE, SKIP, POOL = "none", "nor_conv_3x3", "nor_conv_1x1", "skip_connect", "avg_pool_3x3"
BARE = (CONV, NONE, NONE, ONE, CONV, NONE)
"""Node 2 holds nothing and feeds nothing."""
TWINS = {
    "reads zeros": (CONV, NONE, NONE, ONE, CONV, CONV),
    "is read by nothing": (CONV, CONV, ONE, ONE, CONV, NONE),
}
"""The same functions with convolutions on and behind node 2."""
DEFINED = sorted(
    name for name, proxy in proxies().items() if not proxy.is_aggregate and name not in {"nn_mass", "nn_degree"}
)


def twins(tiny, operations, dtype=torch.float64):
    """Return subjects of the bare cell and of its twin, whose common weights are equal."""

    def network(cell):
        built = cell_network(cell, tiny.CLASSES, 4, cells=1)
        torch.manual_seed(3)
        whole = cell_network(operations, tiny.CLASSES, 4, cells=1).state_dict()
        built.load_state_dict({name: whole[name] for name in built.state_dict()})
        return built

    return [
        tiny.subject(lambda cell=cell: network(cell), thin=lambda cell=cell: thin_cell_network(cell), dtype=dtype)
        for cell in (BARE, operations)
    ]


@pytest.mark.parametrize("name", [name for name in DEFINED if is_shared(proxies()[name])])
@pytest.mark.parametrize("operations", TWINS.values(), ids=TWINS)
def test_isomorphic_cells_have_equal_scores(tiny, name, operations):
    bare, twin = (tiny.score(name, measured) for measured in twins(tiny, operations))
    assert twin == pytest.approx(bare, rel=1e-9)


@pytest.mark.parametrize("name", [name for name in DEFINED if not is_shared(proxies()[name])])
def test_a_proxy_that_is_not_shared_tells_some_apart(tiny, name):
    found = [[tiny.score(name, measured) for measured in twins(tiny, cell, torch.float32)] for cell in TWINS.values()]
    assert any(bare != twin for bare, twin in found)
