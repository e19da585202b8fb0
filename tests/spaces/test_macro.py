from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zsbench.errors import UsageError
from zsbench.registry import find_space
from zsbench.spaces.macro import OPERATIONS, canonical

SPACE = find_space("macro")
KNOWN = {
    "00000000": (387_882, 7_713_280),
    "11111111": (1_588_874, 53_246_464),
    "22222222": (2_932_586, 105_660_928),
    "22212220": (1_985_514, 85_164_544),
}
DIGITS = st.text("012", min_size=8, max_size=8)


def parameters(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def macs(network: torch.nn.Module) -> int:
    found = []

    def count(module: Any, inputs: Any, output: torch.Tensor) -> None:
        found.append(output[0].numel() * module.weight[0].numel())

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(count)
    network(torch.randn(2, 3, 32, 32))
    return sum(found)


@given(st.integers(0, 6560))
def test_encodings_round_trip(index: int) -> None:
    assert SPACE.index(SPACE.arch(index)) == SPACE.index(str(index)) == index


def test_the_index_is_the_base_3_number() -> None:
    assert (len(SPACE), SPACE.arch(0), SPACE.arch(5), SPACE.arch(6560)) == (6561, "00000000", "00000012", "22222222")
    assert SPACE.index("12") == 12
    assert SPACE.index("00000012") == 5


@pytest.mark.parametrize("text", ["6561", "-1", "00000003", "000000000", "0201210a", "", "8:8:8:8:8"])
def test_what_is_no_architecture_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        SPACE.index(text)
    assert caught.value.hint


def test_identities_within_a_stage_move_to_its_end() -> None:
    assert canonical("02012101") == "02012110"
    assert canonical("00011002") == "00011020"
    assert canonical("00100200") == "00100200"
    assert len(set(SPACE.keys())) == 3969
    assert all(canonical(key) == key for key in SPACE.keys())  # noqa: SIM118


@settings(max_examples=15, deadline=None)
@given(DIGITS)
def test_equal_keys_mean_equal_networks(arch: str) -> None:
    for name in ("params", "flops"):
        costs = SPACE.costs("cifar10")[name]
        assert costs[SPACE.index(arch)] == costs[SPACE.index(canonical(arch))]
    with torch.device("meta"):
        networks = [SPACE.network(text, "cifar10") for text in (arch, canonical(arch))]
    shapes = [[(name, p.shape) for name, p in network.named_parameters()] for network in networks]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("arch", KNOWN)
def test_closed_forms_and_networks_have_the_published_size(arch: str) -> None:
    index = SPACE.index(arch)
    costs = SPACE.costs("cifar10")
    assert (costs["params"][index], costs["flops"][index]) == KNOWN[arch]
    assert SPACE.facts(index) == {"params": KNOWN[arch][0], "flops": KNOWN[arch][1]}
    network = SPACE.network(arch, "cifar10")
    assert (parameters(network), macs(network)) == KNOWN[arch]


def test_a_network_runs_at_native_resolution() -> None:
    network = SPACE.network("01020010", "cifar10")
    images = torch.randn(2, 3, 32, 32)
    assert network(images).shape == (2, 10)
    assert network.forward_features(images).shape == (2, 1280, 4, 4)


def test_operations_are_counted() -> None:
    operations = SPACE.operations()
    assert list(operations) == list(OPERATIONS)
    index = SPACE.index("02012101")
    assert [int(operations[name][index]) for name in OPERATIONS] == [3, 3, 2]
    assert (np.sum(list(operations.values()), axis=0) == 8).all()


@pytest.mark.reference
def test_every_network_has_the_official_params_and_flops(reference: Path) -> None:
    entries = json.loads(gzip.decompress((reference / "data" / "nas_bench_macro.json.gz").read_bytes()))
    assert len(entries) == 6561
    costs = SPACE.costs("cifar10")
    for arch, entry in entries.items():
        index = SPACE.index(arch)
        assert (costs["params"][index], costs["flops"][index]) == (entry["params"], entry["flops"])
        assert entries[canonical(arch)]["test_acc"] == entry["test_acc"]
