"""NATS-Bench: the size space's encoding, closed forms and networks; the topology space shares nb201's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zsbench.errors import UnsupportedError, UsageError
from zsbench.registry import find_space

SSS, TSS, NB201 = find_space("nats-sss"), find_space("nats-tss"), find_space("nb201")
KNOWN = {0: "8:8:8:8:8", 11: "8:8:8:16:32", 12: "8:8:8:16:40", 284: "8:8:40:32:40", 32767: "64:64:64:64:64"}
WIDTHS = st.sampled_from(range(8, 65, 8))


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("index", "arch"), KNOWN.items())
def test_widths_have_their_official_index(index, arch):
    assert SSS.arch(index) == arch
    assert SSS.index(arch) == SSS.index(str(index)) == index


@given(st.integers(0, 32767))
def test_encodings_round_trip(index):
    assert SSS.index(SSS.arch(index)) == index


def test_all_architectures_differ():
    assert len(SSS) == len(set(SSS.keys())) == 32768
    assert SSS.keys()[284] == SSS.arch(284)
    assert SSS.valid().all()
    assert not SSS.dead().any()
    assert SSS.representatives().tolist() == list(range(32768))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("32768", "there is no architecture 32768"),
        ("-1", "there is no architecture -1"),
        ("8:8:8:8", "not five widths"),
        ("8:8:8:8:8:8", "not five widths"),
        ("8:8:8:8:x", "not five widths"),
        ("8:8:12:8:8", "no width 12"),
        ("8:8:8:8:72", "no width 72"),
        ("", "not five widths"),
        ("|nor_conv_3x3~0|", "not five widths"),
    ],
)
def test_what_is_no_architecture_is_refused(text, message):
    with pytest.raises(UsageError, match=message) as caught:
        SSS.index(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("arch", "dataset", "params", "flops"),
    [
        ("8:8:8:8:8", "cifar10", 11_714, 4_481_114),
        ("8:8:8:8:8", "cifar100", 12_524, 4_481_924),
        ("8:8:8:8:8", "ImageNet16-120", 12_704, 1_121_336),
        ("8:8:8:16:32", "cifar10", 49_202, 6_840_650),
        ("8:8:8:16:40", "cifar10", 67_378, 7_991_706),
        ("8:8:40:32:40", "cifar10", 144_834, 21_827_994),
        ("8:8:40:32:40", "cifar100", 148_524, 21_831_684),
        ("8:8:40:32:40", "ImageNet16-120", 149_344, 5_461_816),
        ("64:64:64:64:64", "cifar10", 713_674, 274_399_882),
    ],
)
def test_closed_forms_and_networks_have_the_published_size(arch, dataset, params, flops):
    index = SSS.index(arch)
    assert SSS.costs(dataset)["params"][index] == params
    assert SSS.costs(dataset)["flops"][index] == flops
    assert parameters(SSS.network(arch, dataset)) == params
    assert SSS.facts(index)[f"{dataset} params"] == params
    assert SSS.facts(index)[f"{dataset} macs"] == flops


@settings(max_examples=20, deadline=None)
@given(st.tuples(WIDTHS, WIDTHS, WIDTHS, WIDTHS, WIDTHS))
def test_networks_have_the_size_of_the_closed_form(widths):
    arch = ":".join(map(str, widths))
    with torch.device("meta"):
        network = SSS.network(arch, "cifar10")
    assert parameters(network) == SSS.costs("cifar10")["params"][SSS.index(arch)]


@pytest.mark.parametrize("dataset", [d.name for d in SSS.datasets])
def test_a_network_runs_at_native_resolution(dataset):
    given = SSS.dataset(dataset)
    network = SSS.network("8:16:8:24:16", dataset)
    images = torch.randn(2, 3, given.size, given.size)
    assert network(images).shape == (2, given.classes)
    assert network.forward_features(images).shape == (2, 16, given.size // 4, given.size // 4)


def test_the_macs_of_a_network_are_those_of_the_closed_form():
    network = SSS.network("16:8:24:24:8", "cifar10")
    macs = []

    def count(module, inputs, output):
        macs.append(output[0].numel() * module.weight[0].numel())

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(count)
    network(torch.randn(2, 3, 32, 32))
    assert sum(macs) + 10 == SSS.costs("cifar10")["flops"][SSS.index("16:8:24:24:8")]


def test_widths_alone_make_no_thin_network():
    with pytest.raises(UnsupportedError, match="one and the same"):
        SSS.thin_network("8:8:8:8:8")


def test_the_topology_space_is_nb201_without_its_embedded_truth():
    assert [TSS.arch(i) for i in (0, 9, 15624)] == [NB201.arch(i) for i in (0, 9, 15624)]
    assert TSS.datasets == NB201.datasets
    assert TSS.targets("cifar10") == {}
    assert "valid" in NB201.targets("cifar10")
    np.testing.assert_array_equal(TSS.costs("cifar10")["params"], NB201.costs("cifar10")["params"])
    assert parameters(TSS.network(TSS.arch(0), "cifar10")) == 129_306
