"""zen and zen_paper against two forwards with BatchNorm's own buffers, and their known answers."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from zsbench.errors import DegenerateError, UnsupportedError
from zsbench.evidence import GaussianPair, PairEvidence
from zsbench.proxies.zen import zen
from zsbench.proxies.zen_paper import zen_paper

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]


def subject(tiny, build, images=6):
    return tiny.subject(build, tiny.make_inputs(images=images, dtype="float32"), dtype=torch.float32)


def gaussian(measured):
    """Return the network under N(0,1) weights, x and e, drawn as the seeds say."""
    # Weights are drawn in PyTorch's own layout, however the network is laid out when it runs.
    network = copy.deepcopy(measured.network).to(memory_format=torch.contiguous_format)
    torch.manual_seed(measured.seed("gaussian weights"))
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data.normal_()
            if module.bias is not None:
                module.bias.data.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            module.weight.data.fill_(1)
            module.bias.data.zero_()
            module.running_var.fill_(1)
    generator = torch.Generator().manual_seed(measured.seed("gaussian inputs"))
    shape = measured.inputs.batches[0].images.shape
    return network, torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


@pytest.mark.parametrize("name", NETWORKS)
def test_zen_equals_two_forwards_and_batchnorm_s_buffers(tiny, name):
    measured = subject(tiny, tiny.NETWORKS[name])
    network, x, e = gaussian(measured)
    ran = []
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(lambda module, _: ran.append(module))
    with torch.no_grad():
        distance = (network.forward_features(x) - network.forward_features(x + 0.01 * e)).abs().sum((1, 2, 3)).mean()
    expected = math.log(distance)
    for module in ran[: len(ran) // 2]:
        expected += math.log(math.sqrt(module.running_var.double().mean()))
    assert tiny.score("zen", measured) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_zen_paper_equals_a_forward_with_variances_taken_by_hand(tiny, name):
    measured = subject(tiny, tiny.NETWORKS[name])
    network, x, e = gaussian(measured)
    variances = []
    with torch.no_grad():
        other = network.forward_features(x + 0.01 * e)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.register_forward_pre_hook(
                    lambda _, inputs: variances.append(inputs[0].double().var((0, 2, 3), correction=0).mean().item())
                )
        distance = (network.forward_features(x) - other).double().flatten(1).norm(dim=1).mean()
    expected = math.log(distance) + sum(math.log(v) / 2 for v in variances if v > 0)
    assert tiny.score("zen_paper", measured) == pytest.approx(expected, abs=1e-4)


class Plain(nn.Module):
    """Convolutions and ReLUs, with BatchNorm or without, and a number that multiplies the first convolution."""

    def __init__(self, *, normalised, factor=1.0, depth=4, width=32, relu=True):
        super().__init__()
        self.factor = factor
        self.convolutions = nn.ModuleList(
            nn.Conv2d(width if layer else 3, width, 3, padding=1, bias=False) for layer in range(depth)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(depth)) if normalised else None
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward_features(self, x):
        for number, convolution in enumerate(self.convolutions):
            x = convolution(x) * (self.factor if number == 0 else 1.0)
            x = self.relu(x if self.norms is None else self.norms[number](x))
        return x

    def forward(self, x):
        return self.forward_features(x).mean((2, 3))


@pytest.mark.parametrize("normalised", [True, False])
def test_scaling_a_convolution_adds_its_logarithm_to_zen_paper(tiny, normalised):
    one, three = (
        tiny.score("zen_paper", subject(tiny, lambda factor=factor: Plain(normalised=normalised, factor=factor)))
        for factor in (1.0, 3.0)
    )
    assert three - one == pytest.approx(math.log(3), abs=1e-4)


def test_scaling_a_convolution_adds_less_to_zen(tiny):
    measured = [subject(tiny, lambda factor=factor: Plain(normalised=True, factor=factor)) for factor in (1.0, 3.0)]
    one, three = (tiny.score("zen", m) for m in measured)
    variances = [pair.running_variances[0] for pair in (tiny.evidence(GaussianPair(), m) for m in measured)]
    batch = (variances[0] - 0.81).mean() / 0.19
    assert three - one == pytest.approx(math.log((0.81 + 0.19 * 9 * batch) / (0.81 + 0.19 * batch)) / 2, abs=1e-3)
    assert three - one == pytest.approx(1.03, abs=0.02)


def test_without_a_batchnorm_both_scores_are_the_distance_alone(tiny):
    measured = subject(tiny, lambda: Plain(normalised=False))
    pair = tiny.evidence(GaussianPair(), measured)
    assert tiny.score("zen_paper", measured) == pytest.approx(math.log(pair.l2.mean()))
    assert tiny.score("zen", measured) == pytest.approx(math.log(pair.l1.mean()))


def test_batchnorm_takes_nothing_from_zen_paper(tiny):
    through, without = (
        subject(tiny, lambda normalised=n: Plain(normalised=normalised, depth=6)) for n in (True, False)
    )
    assert tiny.score("zen_paper", through) == pytest.approx(tiny.score("zen_paper", without), abs=0.2)


def test_the_distance_of_a_linear_map_does_not_depend_on_x(tiny):
    measured = subject(tiny, lambda: Plain(normalised=False, relu=False, depth=2, width=4))
    network, _, e = gaussian(measured)
    with torch.no_grad():
        expected = 0.01 * network.forward_features(e).flatten(1).norm(dim=1).mean()
    assert math.exp(tiny.score("zen_paper", measured)) == pytest.approx(expected.item(), rel=1e-4)


def pair(l1, l2, batch, running):
    return PairEvidence(
        *(np.array(v, float) for v in (l1, l2)), *([np.array(v, float) for v in vs] for vs in (batch, running))
    )


def test_a_batchnorm_that_sees_zeros_is_left_out_of_zen_paper_but_not_of_zen():
    seen = pair([2, 4], [1, 3], [[4, 4], [0, 0]], [[4, 4], [0.81, 0.81]])
    assert zen_paper(seen) == pytest.approx(math.log(2) + math.log(2))
    assert zen(seen) == pytest.approx(math.log(3) + math.log(2) - 0.105, abs=1e-3)


def test_a_cut_off_convolution_costs_zen_a_tenth(tiny):
    measured = subject(tiny, tiny.NETWORKS["cell cut"])
    cut_off = [v.mean() for v in tiny.evidence(GaussianPair(), measured).running_variances if v.mean() < 0.9]
    assert cut_off == pytest.approx([0.81] * 3, abs=1e-6)


def test_an_output_that_ignores_the_input_is_degenerate(tiny):
    class Blind(Plain):
        def forward_features(self, x):
            return super().forward_features(x) * 0

    for name in ("zen", "zen_paper"):
        with pytest.raises(DegenerateError):
            tiny.score(name, subject(tiny, lambda: Blind(normalised=True)))


def test_without_running_statistics_only_the_paper_s_form_exists(tiny):
    def build():
        network = Plain(normalised=True)
        network.norms[1] = nn.BatchNorm2d(32, track_running_stats=False)
        return network

    with pytest.raises(UnsupportedError, match="running"):
        tiny.score("zen", subject(tiny, build))
    expected = tiny.score("zen_paper", subject(tiny, lambda: Plain(normalised=True)))
    assert tiny.score("zen_paper", subject(tiny, build)) == pytest.approx(expected)


def test_a_network_that_shows_no_feature_maps_is_unsupported(tiny):
    with pytest.raises(UnsupportedError, match="forward_features"):
        tiny.score("zen", subject(tiny, tiny.softmax_regression))
