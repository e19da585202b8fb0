"""naswot and linear_regions against explicit codes, and their known answers."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from zsbench.errors import SingularError, UnsupportedError
from zsbench.evidence import ReluAgreement, ThinCodes
from zsbench.networks.nats import thin_cell_network
from zsbench.probes.thin import measure_thin
from zsbench.proxies.linear_regions import linear_regions
from zsbench.proxies.naswot import naswot

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]


def codes_of(network, images):
    """Return a list of 0s and 1s an input: whether each pre-activation is positive."""
    codes = [[] for _ in images]

    def note(_module, inputs):
        for code, units in zip(codes, inputs[0], strict=True):
            code.extend((units > 0).int().flatten().tolist())

    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(note)
    network(images)
    return codes


@pytest.mark.parametrize("name", NETWORKS)
def test_naswot_equals_an_explicit_comparison_of_codes(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    codes = codes_of(copy.deepcopy(measured.network), measured.batch()[0])
    kernel = np.array([[sum(p == q for p, q in zip(a, b, strict=True)) for b in codes] for a in codes])
    assert np.array_equal(tiny.evidence(ReluAgreement(), measured), kernel)
    assert set(np.diag(kernel)) == {len(codes[0])}
    cholesky = 2 * np.log(np.diag(np.linalg.cholesky(kernel))).sum()
    assert tiny.score("naswot", measured) == pytest.approx(cholesky, rel=1e-12)


def test_two_inputs_at_a_hamming_distance_have_a_closed_form():
    units, distance = 100, 7
    kernel = torch.tensor([[units, units - distance], [units - distance, units]])
    assert naswot(kernel) == pytest.approx(math.log(units**2 - (units - distance) ** 2), rel=1e-12)


def units_of(tiny, change=lambda weight: weight, repeats=1):
    def build():
        network = nn.Sequential(
            nn.Flatten(), nn.Linear(192, 30, bias=False), *[nn.ReLU()] * repeats, nn.Linear(30, tiny.CLASSES)
        )
        with torch.no_grad():
            network[1].weight.copy_(change(network[1].weight))
        return network

    return build


def test_permuting_or_flipping_units_leaves_naswot(tiny):
    flips = torch.tensor([1.0, -1.0, -1.0] * 10)[:, None]
    plain, permuted, flipped = (
        tiny.score("naswot", tiny.subject(units_of(tiny, change)))
        for change in (lambda w: w, lambda w: w.flip(0), lambda w: w * flips)
    )
    assert permuted == plain
    assert flipped == plain


def test_permuting_inputs_leaves_naswot(tiny):
    images = tiny.make_inputs().batches[0].images
    one, other = (
        tiny.score("naswot", tiny.subject(tiny.Chain, tiny.images_of(order, range(6))))
        for order in (images, images[::-1].copy())
    )
    assert one == pytest.approx(other, rel=1e-12)


def test_running_every_relu_twice_adds_inputs_times_log_two(tiny):
    once, twice = (tiny.score("naswot", tiny.subject(units_of(tiny, repeats=repeats))) for repeats in (1, 2))
    assert twice - once == pytest.approx(6 * math.log(2), rel=1e-9)


def test_a_tensor_read_by_two_relus_counts_twice(tiny):
    def build(parts):
        return lambda: tiny.With(lambda n, x: sum(getattr(n, part)(x) for part in parts), a=nn.ReLU(), b=nn.ReLU())

    once, twice = (tiny.evidence(ReluAgreement(), tiny.subject(build(parts))) for parts in ("a", "ab"))
    none = tiny.evidence(ReluAgreement(), tiny.subject(tiny.Chain))
    assert twice.shape == none.shape
    without = tiny.evidence(ReluAgreement(), tiny.subject(lambda: tiny.With(lambda _, x: x)))
    assert torch.equal(twice - without, 2 * (once - without))


@pytest.mark.parametrize("rectifier", [nn.ReLU6, nn.LeakyReLU, nn.PReLU])
def test_other_rectifiers_have_the_codes_of_a_relu(tiny, rectifier):
    def evidence(kind):
        return tiny.evidence(ReluAgreement(), tiny.subject(lambda: tiny.With(lambda n, x: n.unit(x), unit=kind())))

    assert torch.equal(evidence(rectifier), evidence(nn.ReLU))
    assert not torch.equal(evidence(rectifier), evidence(nn.Identity))


@pytest.mark.parametrize("copies", [2, 3])
def test_inputs_with_equal_codes_have_no_determinant(tiny, copies):
    images = tiny.make_inputs(images=16).batches[0].images.copy()
    images[1:copies] = images[0]
    with pytest.raises(SingularError):
        tiny.score("naswot", tiny.subject(tiny.Chain, tiny.images_of(images, [0] * 16)))


@pytest.mark.parametrize("seed", range(5))
def test_a_kernel_of_fewer_units_than_inputs_has_no_determinant(seed):
    codes = torch.from_numpy(np.random.default_rng(seed).integers(2, size=(64, 40))).double()
    with pytest.raises(SingularError):
        naswot(codes @ codes.T + (1 - codes) @ (1 - codes).T)


@pytest.mark.parametrize("name", ["naswot", "linear_regions"])
def test_a_network_without_a_relu_has_no_codes(tiny, name):
    measured = tiny.subject(tiny.softmax_regression, thin=lambda: nn.Conv2d(1, 1, 3))
    with pytest.raises(UnsupportedError, match="no ReLU"):
        tiny.score(name, measured)


def test_a_space_without_a_thin_network_has_no_regions(tiny):
    with pytest.raises(UnsupportedError, match="no thin network"):
        tiny.score("linear_regions", tiny.subject(tiny.Chain))


@pytest.mark.parametrize("name", ["convolutions", "cut", "pooled"])
def test_linear_regions_equals_counting_distinct_codes(tiny, name):
    need = ThinCodes(repeats=2, batches=2, size=50)
    measured = tiny.cell_subject(name, inputs=tiny.make_inputs(crops=200))
    crops = torch.from_numpy(measured.inputs.crops)
    counts = []
    for repeat in range(2):
        torch.manual_seed(measured.seed(f"thin weights {repeat}"))
        network = thin_cell_network(tiny.CELLS[name])
        torch.manual_seed(measured.seed(f"thin weights {repeat}"))
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
        codes = []
        for batch in (0, 1):
            place = 100 * repeat + 50 * batch
            codes += codes_of(copy.deepcopy(network), crops[place : place + 50])
        # A code that m inputs share counts m times 1 / m.
        counts.append(sum(1 / codes.count(code) for code in codes))
    assert linear_regions(measure_thin(need, measured)) == pytest.approx(sum(counts) / 2, rel=1e-12)


class Lines(nn.Module):
    """ReLU units whose boundaries are the lines x = 0, y = 0 and x + y = 1."""

    def __init__(self):
        super().__init__()
        self.register_buffer("normals", torch.tensor([[1.0, 0, 1], [0, 1, 1]]))
        self.register_buffer("offsets", torch.tensor([0.0, 0, -1]))
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(x @ self.normals + self.offsets)


def with_crops(tiny, crops):
    inputs = tiny.make_inputs(crops=0)
    return tiny.subject(tiny.Chain, type(inputs)("points", inputs.batches, crops.astype(np.float32)), thin=Lines)


def test_three_lines_in_general_position_cut_the_plane_into_seven_regions(tiny):
    points = np.random.default_rng(0).standard_normal((9000, 2))
    assert tiny.score("linear_regions", with_crops(tiny, points)) == 1 + 3 + 3


def test_duplicated_inputs_do_not_raise_the_count(tiny):
    points = np.random.default_rng(0).standard_normal((3000, 2))[:5]
    assert 1 <= tiny.score("linear_regions", with_crops(tiny, points[np.arange(9000) % 5])) <= 5
    assert tiny.score("linear_regions", with_crops(tiny, points[np.zeros(9000, int)])) == 1
