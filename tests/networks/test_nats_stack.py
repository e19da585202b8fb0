"""A stack of networks computes what each computes alone, in any memory layout, and its layers stand in their order."""

from __future__ import annotations

import random

import pytest
import torch
from torch import nn

from zsbench.networks.nats import cell_network, thin_cell_network
from zsbench.networks.nats_stack import stack_cell_networks
from zsbench.networks.stacked_layers import Blocks
from zsbench.probes.subject import executed

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
LAYOUTS = [torch.channels_last, torch.contiguous_format]


def cells(number, seed=0):
    draw = random.Random(seed)
    return [("none",) * 6, *([draw.choice(OPERATIONS) for _ in range(6)] for _ in range(number - 1))]


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(1)
    return [cell_network(cell, 3, 2, cells=1).double() for cell in cells(12)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_logits_are_those_of_each_network(networks, layout):
    x = torch.randn(5, 3, 8, 8, dtype=torch.float64)
    stack = stack_cell_networks(networks).to(memory_format=layout)
    with torch.no_grad():
        found = stack(x.repeat(1, len(networks), 1, 1).contiguous(memory_format=layout))
        expected = torch.stack([network(x) for network in networks], dim=1)
    assert found.shape == (5, len(networks), 3)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_feature_maps_are_those_of_each_network_fed_its_own_input(networks):
    inputs = [torch.randn(4, 3, 8, 8, dtype=torch.float64) for _ in networks]
    with torch.no_grad():
        found = stack_cell_networks(networks).forward_features(torch.cat(inputs, dim=1))
        expected = [network.forward_features(x) for network, x in zip(networks, inputs, strict=True)]
    torch.testing.assert_close(found, torch.cat(expected, dim=1), rtol=1e-10, atol=1e-12)


def test_thin_networks_stack_too():
    networks = [thin_cell_network(cell).double() for cell in cells(6)]
    x = torch.randn(7, 1, 3, 3, dtype=torch.float64)
    with torch.no_grad():
        found = stack_cell_networks(networks)(x.repeat(1, 6, 1, 1))
        expected = torch.cat([network(x) for network in networks], dim=1)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_each_network_finds_its_layers_in_the_order_in_which_it_runs_them(networks):
    stack = stack_cell_networks(networks)
    held = [pair for module in stack.modules() if isinstance(module, nn.Conv2d) for pair in module.held]
    for number, network in enumerate(networks):
        own = [layer for owner, layer in held if owner == number]
        assert own == executed(network, lambda network=network: network(torch.randn(2, 3, 8, 8).double()))


def test_every_parameter_is_in_the_stack_once(networks):
    stack = stack_cell_networks(networks)
    assert sum(p.numel() for p in stack.parameters()) == sum(p.numel() for n in networks for p in n.parameters())


def test_stacking_draws_nothing(networks):
    state = torch.get_rng_state()
    stack_cell_networks(networks)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_blocks_are_picked_in_order_and_the_layout_is_kept(layout):
    x = torch.randn(2, 6, 4, 5).contiguous(memory_format=layout)
    picked = Blocks([2, 0], 3)(x)
    assert torch.equal(picked, torch.cat([x[:, 4:6], x[:, 0:2]], dim=1))
    assert picked.is_contiguous(memory_format=layout)
    assert Blocks([0, 1, 2], 3)(x) is x
