"""Proxies that count: parameters, operations, weight norms, skip connections."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from torch import nn

from zsbench.errors import UnsupportedError
from zsbench.evidence import SkipCell
from zsbench.networks.nats import cell_network
from zsbench.proxies.nn_degree import nn_degree
from zsbench.proxies.nn_mass import nn_mass
from zsbench.registry import find_space

EXAMPLE = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"
NETWORKS = ["chain", "residual", "cell convolutions", "cell cut", "cell pooled"]


@pytest.mark.parametrize("name", NETWORKS)
def test_params_counts_every_scalar_of_every_parameter(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    expected = sum(math.prod(p.shape) for p in measured.network.parameters())
    assert tiny.score("params", measured) == expected


def test_params_counts_shared_tensors_once_and_buffers_never(tiny):
    def build():
        network = nn.Sequential(nn.Flatten(), nn.Linear(192, 192), nn.Linear(192, 192))
        network[2].weight = network[1].weight
        network.register_buffer("constant", torch.ones(1000))
        return network

    assert tiny.score("params", tiny.subject(build)) == 192 * 192 + 192 + 192


def test_params_counts_operators_behind_a_cut(tiny):
    cut = tiny.score("params", tiny.subject(lambda: tiny.cell("cut")))
    pooled = tiny.score("params", tiny.subject(lambda: tiny.cell("pooled")))
    # Besides one 1x1 convolution that is reached, "cut" has one that is not.
    assert cut - pooled == 2 * sum(width * width + 2 * width for width in (4, 8, 16))


def by_hand(network, x):
    """Return (conv and linear MACs, other operations) of one input, from the shapes that an eval-mode pass shows."""
    counts = {"macs": 0, "others": 0}

    def note(module, inputs, output):
        _, *shape = output.shape
        if isinstance(module, nn.Conv2d):
            k_h, k_w = module.kernel_size
            counts["macs"] += shape[1] * shape[2] * shape[0] * (module.in_channels // module.groups) * k_h * k_w
        elif isinstance(module, nn.Linear):
            counts["macs"] += module.in_features * module.out_features
        elif isinstance(module, nn.BatchNorm2d):
            counts["others"] += 2 * math.prod(shape)
        elif isinstance(module, nn.ReLU):
            counts["others"] += math.prod(shape)
        elif isinstance(module, nn.AvgPool2d):
            counts["others"] += math.prod(shape) * module.kernel_size**2
        elif isinstance(module, nn.AdaptiveAvgPool2d):
            _, channels, height, width = inputs[0].shape
            counts["others"] += channels * (height + 1) * (width + 1)

    for module in network.modules():
        module.register_forward_hook(note)
    network.eval()(x)
    return counts["macs"], counts["others"]


@pytest.mark.parametrize("name", NETWORKS)
def test_flops_follow_from_the_shapes(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    found = tiny.score("flops", measured), tiny.score("flops_all", measured)
    macs, others = by_hand(measured.network, torch.zeros(1, 3, tiny.SIZE, tiny.SIZE, dtype=torch.float64))
    assert found == (macs, macs + others)


def test_flops_of_one_convolution(tiny):
    measured = tiny.subject(
        lambda: nn.Conv2d(16, 16, 3, padding=1, bias=False), tiny.images_of(torch.zeros(2, 16, 32, 32), [0, 0])
    )
    assert tiny.score("flops", measured) == 2_359_296


@pytest.mark.parametrize(
    ("dataset", "params", "flops", "flops_all"),
    [
        ("cifar10", 1_073_466, 153_272_960, 155_584_192),
        ("cifar100", 1_073_466 + 90 * 65, 153_278_720, 155_589_952),
        ("ImageNet16-120", 1_073_466 + 110 * 65, 38_325_760, 38_903_872),
    ],
)
def test_counts_of_a_known_cell(tiny, dataset, params, flops, flops_all):
    space = find_space("nb201")
    size = space.dataset(dataset).size
    inputs = tiny.make_inputs(images=2, size=size, dtype="float32")
    measured = tiny.subject(lambda: space.network(EXAMPLE, dataset), inputs, dtype=torch.float32)
    assert tiny.score("params", measured) == params
    assert tiny.score("flops", measured) == flops
    assert tiny.score("flops_all", measured) == flops_all
    assert space.costs(dataset)["flops_all"][space.index(EXAMPLE)] == flops_all


@pytest.mark.parametrize("dataset", ["cifar10", "ImageNet16-120"])
@pytest.mark.parametrize("key", ["000000", "444444", "122340", "314024"])
def test_the_closed_form_of_flops_all_is_the_count_of_the_network(tiny, dataset, key):
    space = find_space("nb201")
    inputs = tiny.make_inputs(images=2, size=space.dataset(dataset).size, dtype="float32")
    measured = tiny.subject(lambda: space.network(key, dataset), inputs, dtype=torch.float32)
    assert space.costs(dataset)["flops_all"][space.index(key)] == tiny.score("flops_all", measured)


@pytest.mark.parametrize("name", NETWORKS)
def test_l2_norm_sums_the_norms_of_convolutions_and_linear_layers(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    layers = [m for m in measured.network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    expected = sum(math.sqrt(sum(w * w for w in layer.weight.flatten().tolist())) for layer in layers)
    assert tiny.score("l2_norm", measured) == pytest.approx(expected, rel=1e-12)


def test_l2_norm_of_an_identity_convolution_is_the_root_of_its_channels(tiny):
    def build():
        convolution = nn.Conv2d(3, 3, 1)
        nn.init.dirac_(convolution.weight)
        return convolution

    assert tiny.score("l2_norm", tiny.subject(build)) == pytest.approx(math.sqrt(3), rel=1e-12)


@pytest.mark.parametrize("convolutions", [0, 2, 6])
def test_l2_norm_is_a_noisy_count_of_convolutions(tiny, convolutions):
    cell = (["nor_conv_3x3", "nor_conv_1x1"] * 3)[:convolutions] + ["skip_connect"] * (6 - convolutions)
    inputs = tiny.make_inputs(images=2, dtype="float32")
    values = [
        tiny.score("l2_norm", tiny.subject(lambda: cell_network(cell, 10), inputs, seed=s, dtype=torch.float32))
        for s in range(5)
    ]
    assert sum(values) / len(values) == pytest.approx(27.79 + 50.97 * convolutions, rel=0.01)


def test_layers_that_are_not_run_do_not_count(tiny):
    def build():
        network = tiny.Chain()
        network.unused = nn.Conv2d(3, 3, 1)
        return network

    assert tiny.score("l2_norm", tiny.subject(build)) == tiny.score("l2_norm", tiny.subject(tiny.Chain))


def concatenating(depth, width, candidates):
    """A cell of `depth` layers whose layer i takes at most `candidates` channels of the layers before its own input."""
    skips = sum(min(candidates, (i - 1) * width) for i in range(2, depth))
    return SkipCell((width,) * depth, skips, sum((i - 1) * width for i in range(2, depth)))


def test_nn_mass_of_a_known_cell():
    assert nn_mass([concatenating(4, 8, 8)]) == pytest.approx(2 / 3 * 8 * 4)


def test_nn_mass_of_a_full_cell_is_width_times_depth():
    assert nn_mass([concatenating(5, 6, 3 * 6)]) == 30
    assert nn_mass([concatenating(5, 6, 1000)]) == 30


def test_nn_mass_of_a_basic_block():
    # Two convolutions 64 -> 64; the block's input arrives after the last: (64 / 64) * (64 + 64).
    assert nn_mass([SkipCell((64, 64), 64, 64)]) == 128


def test_nn_mass_adds_up_over_cells_and_grows_with_the_skips():
    assert nn_mass([concatenating(4, 8, 8)] * 3) == pytest.approx(64)
    masses = [nn_mass([concatenating(6, 8, t)]) for t in range(0, 40, 4)]
    assert masses == sorted(masses)
    assert masses[0] == 0


def test_nn_mass_of_a_cell_without_room_for_skips_is_zero():
    assert nn_mass([concatenating(2, 8, 8)]) == 0


def test_nn_mass_takes_exact_fractions():
    assert nn_mass([SkipCell((3, 3), 1, Fraction(1, 3))]) == 18


def test_nn_degree_without_skips_is_the_summed_mean_width():
    assert nn_degree([SkipCell((8, 8), 0, 8), SkipCell((4, 8), 0, 4)]) == 14


def test_nn_degree_is_linear_in_the_skips():
    values = [nn_degree([SkipCell((8, 8), skips, 8)]) for skips in (0, 4, 8)]
    assert values == [8, 8.25, 8.5]


def test_doubling_the_widths_doubles_one_part_of_nn_degree_and_halves_the_other():
    assert nn_degree([SkipCell((8, 8), 4, 8)]) == 8 + 4 / 16
    assert nn_degree([SkipCell((16, 16), 4, 8)]) == 16 + 4 / 32


@pytest.mark.parametrize("name", ["nn_mass", "nn_degree"])
def test_cells_of_free_topology_are_unsupported(tiny, name):
    with pytest.raises(UnsupportedError, match="chains of cells"):
        tiny.score(name, tiny.cell_subject("convolutions"))


@pytest.mark.parametrize("name", ["nn_mass", "nn_degree"])
def test_a_network_may_declare_its_cells(tiny, name):
    def build():
        network = tiny.Chain()
        network.skip_cells = [SkipCell((64, 64), 64, 64)]
        return network

    assert tiny.score(name, tiny.subject(build)) == {"nn_mass": 128, "nn_degree": 64.5}[name]
