"""zico and gradsign by their definitions, and their known answers."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench.errors import DegenerateError
from zsbench.evidence import SampleSignSums
from zsbench.proxies.zico import zico
from zsbench.proxies.zico_paper import zico_paper

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]


def batches(*gradients):
    """Evidence of one layer: its gradient in each batch."""
    return [[(torch.ones(len(g)), torch.tensor(g, dtype=torch.float32))] for g in gradients]


@pytest.mark.parametrize("name", NETWORKS)
def test_zico_equals_its_definition(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    layers = []
    for number in (0, 1):
        network, (images, labels) = copy.deepcopy(measured.network), measured.batch(number)
        functional.cross_entropy(network(images), labels).backward()
        modules = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear)) and m.weight.grad is not None]
        layers.append([m.weight.grad.flatten().numpy() for m in modules])
    code = paper = 0.0
    for pair in zip(*layers, strict=True):
        g = np.stack(pair)
        std, absolute_std = g.std(axis=0), np.abs(g).std(axis=0)
        mean = np.abs(g).mean(axis=0)
        if (std > 0).any():
            code += math.log((mean[std > 0] / std[std > 0]).sum())
        if (absolute_std > 0).any():
            paper += math.log((mean[absolute_std > 0] / absolute_std[absolute_std > 0]).sum())
    assert tiny.score("zico", measured) == pytest.approx(code, rel=1e-7)
    assert tiny.score("zico_paper", measured) == pytest.approx(paper, rel=1e-7)


def test_equal_ratios_add_up_to_a_known_logarithm():
    assert zico(batches([1.0] * 5, [3.0] * 5)) == pytest.approx(math.log(2 * 5))
    assert zico_paper(batches([1.0] * 5, [3.0] * 5)) == pytest.approx(math.log(2 * 5))


def test_opposite_gradients_count_one_in_the_code_and_nothing_in_the_paper():
    assert zico(batches([1.0] * 7, [-1.0] * 7)) == pytest.approx(math.log(7))
    with pytest.raises(DegenerateError):
        zico_paper(batches([1.0] * 7, [-1.0] * 7))


def test_weights_whose_gradient_does_not_vary_are_dropped():
    assert zico(batches([1.0, 2.0, 0.0], [3.0, 2.0, 0.0])) == pytest.approx(math.log(2))


def test_scaling_the_loss_leaves_zico():
    a, b = [0.3, -2.0, 5.0], [1.5, 0.25, 4.0]
    assert zico(batches(a, b)) == pytest.approx(zico(batches([8 * x for x in a], [8 * x for x in b])), rel=1e-12)


def test_layers_add_up_and_a_constant_one_is_skipped():
    first, second = (
        batches([1.0], [3.0]),
        batches(
            [1.0],
            [
                -1.0,
            ],
        ),
    )
    constant = batches([0.0], [0.0])
    together = [[*a, *b, *c] for a, b, c in zip(first, constant, second, strict=True)]
    assert zico(together) == pytest.approx(zico(first) + zico(second))


def test_identical_batches_are_degenerate(tiny):
    inputs = tiny.make_inputs()
    images = tiny.images_of(inputs.batches[0].images, inputs.batches[0].labels)
    for name in ("zico", "zico_paper"):
        with pytest.raises(DegenerateError):
            tiny.score(name, tiny.subject(tiny.Chain, images))


@pytest.mark.parametrize("name", NETWORKS)
def test_gradsign_equals_a_loop_over_single_inputs(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name], samples=5)
    network, (images, labels) = copy.deepcopy(measured.network), measured.batch()
    rows = []
    for n in range(5):
        network.zero_grad(set_to_none=True)
        functional.cross_entropy(network(images[n : n + 1]), labels[n : n + 1]).backward()
        rows.append([np.zeros(p.shape) if p.grad is None else p.grad.numpy() for p in network.parameters()])
    expected = [np.sign(gradients).sum(0) for gradients in map(np.stack, zip(*rows, strict=True))]
    # A gradient that is zero but for rounding, as of a bias in front of a BatchNorm, has no sign to compare.
    clear = [(np.abs(np.stack(gradients)) > 1e-13).all(0) for gradients in zip(*rows, strict=True)]
    found = tiny.evidence(SampleSignSums(), measured)
    for one, other, where in zip(found, expected, clear, strict=True):
        assert np.array_equal(one.numpy()[where], other[where])
    assert sum(map(np.sum, clear)) > 0.4 * sizes(network)
    total = sum(np.abs(one.numpy()).sum() for one in found)
    assert tiny.score("gradsign", measured) == total


def sizes(network):
    return sum(p.numel() for p in network.parameters())


def test_identical_inputs_agree_on_every_sign(tiny):
    image = tiny.make_inputs().batches[0].images[:1]
    measured = tiny.subject(tiny.softmax_regression, tiny.images_of(np.repeat(image, 6, 0), [1] * 6), samples=6)
    assert tiny.score("gradsign", measured) == 6 * sizes(measured.network)


def test_opposite_gradients_cancel(tiny):
    image = tiny.make_inputs().batches[0].images[0]

    def build():
        network = tiny.softmax_regression()
        nn.init.zeros_(network[1].weight)
        return network

    # At zero weights all probabilities are equal: an image and its negative, of one class, have opposite gradients.
    measured = tiny.subject(build, tiny.images_of([image, -image], [1, 1]))
    assert tiny.score("gradsign", measured) == 0


def test_gradsign_of_softmax_regression_has_a_closed_form(tiny):
    measured = tiny.subject(tiny.softmax_regression, samples=6)
    images, labels = (t.numpy() for t in measured.batch())
    # The gradient of input n is (p - e_y) x': its sign is that of x, turned round in the row of its own class.
    own = np.where(np.arange(tiny.CLASSES) == labels[:, None], -1, 1)
    signs = own[:, :, None] * np.sign(images.reshape(6, 1, -1))
    assert tiny.score("gradsign", measured) == np.abs(signs.sum(0)).sum()


def test_scaling_the_loss_leaves_gradsign(tiny):
    class Scaled(nn.Module):
        def __init__(self, factor):
            super().__init__()
            self.factor, self.linear = factor, nn.Linear(192, 2, bias=False)
            nn.init.zeros_(self.linear.weight)

        def forward(self, x):
            return self.linear(x.flatten(1)) * self.factor

    inputs = tiny.make_inputs()
    images = tiny.images_of(inputs.batches[0].images, [0, 1, 1, 0, 0, 1])
    one, other = (tiny.score("gradsign", tiny.subject(lambda f=f: Scaled(f), images, samples=6)) for f in (1.0, 50.0))
    assert one == other


def test_gradsign_lies_between_zero_and_inputs_times_parameters(tiny):
    measured = tiny.subject(tiny.Residual, samples=4)
    value = tiny.score("gradsign", measured)
    assert 0 < value < 4 * sizes(measured.network)
    assert value == int(value)
