"""jacob_cov and ntk_cond against loops over inputs, their known answers, and te_nas."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zsbench.errors import DegenerateError, SingularError
from zsbench.evidence import SampleKernel
from zsbench.proxies.jacob_cov import jacob_cov
from zsbench.proxies.ntk_cond import ntk_cond
from zsbench.proxies.te_nas import te_nas
from zsbench.registry import proxies

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]


def pearson(a, b):
    a, b = a - a.mean(), b - b.mean()
    return (a @ b) / np.sqrt((a @ a) * (b @ b))


@pytest.mark.parametrize("name", NETWORKS)
def test_jacob_cov_equals_a_loop_over_inputs(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    network, (images, _) = copy.deepcopy(measured.network), measured.batch()
    rows = []
    for n in range(len(images)):
        leaves = [image.clone() for image in images]
        leaves[n].requires_grad_()
        network(torch.stack(leaves)).sum().backward()
        rows.append(leaves[n].grad.flatten().numpy())
    correlation = np.array([[pearson(a, b) for b in rows] for a in rows])
    eigenvalues = np.linalg.eigvals(correlation).real
    expected = -sum(np.log(value + 1e-5) + 1 / (value + 1e-5) for value in eigenvalues)
    assert tiny.score("jacob_cov", measured) == pytest.approx(expected, rel=1e-8)


def test_uncorrelated_inputs_have_a_jacob_cov_of_minus_their_number():
    waves = np.array([np.cos(2 * np.pi * k * np.arange(256) / 256) for k in range(1, 65)])
    assert jacob_cov(waves) == pytest.approx(-64, abs=1e-4)


def test_proportional_rows_have_the_worst_jacob_cov():
    rows = np.outer(np.arange(1.0, 65.0), np.cos(np.arange(100)))
    assert jacob_cov(rows) == pytest.approx(-6_299_278.86, abs=0.01)


def test_a_constant_row_has_no_correlation():
    rows = np.random.default_rng(0).standard_normal((4, 10))
    rows[2] = 0
    with pytest.raises(DegenerateError, match="does not see"):
        jacob_cov(rows)


def test_jacob_cov_ignores_the_scale_of_the_classifier_and_the_order_of_inputs(tiny):
    def scaled():
        network = tiny.Residual()
        with torch.no_grad():
            network.classifier.weight.mul_(4)
        return network

    inputs = tiny.make_inputs()
    images, labels = inputs.batches[0].images, inputs.batches[0].labels
    plain = tiny.score("jacob_cov", tiny.subject(tiny.Residual, inputs))
    assert tiny.score("jacob_cov", tiny.subject(scaled, inputs)) == pytest.approx(plain, rel=1e-9)
    turned = tiny.images_of(images[::-1].copy(), labels[::-1].copy())
    assert tiny.score("jacob_cov", tiny.subject(tiny.Residual, turned)) == pytest.approx(plain, rel=1e-9)


def test_a_duplicated_input_costs_about_a_hundred_thousand(tiny):
    images = tiny.make_inputs().batches[0].images.copy()
    images[1] = images[0]
    assert tiny.score("jacob_cov", tiny.subject(tiny.Chain, tiny.images_of(images, range(6)))) < -0.9e5


def test_a_network_that_does_not_see_its_input_is_degenerate(tiny):
    measured = tiny.subject(lambda: tiny.With(lambda _, x: x * 0))
    with pytest.raises(DegenerateError):
        tiny.score("jacob_cov", measured)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_kernel_equals_a_loop_over_inputs(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name], samples=5)
    images, _ = measured.batch()
    gradients = []
    for n in range(5):
        network = copy.deepcopy(measured.network)
        network(images[:5])[n].sum().backward()
        gradients.append({k: p.grad for k, p in network.named_parameters() if "weight" in k and p.grad is not None})
    kernel = np.array([[sum(float((a[k] * b[k]).sum()) for k in a) for b in gradients] for a in gradients])
    assert tiny.evidence(SampleKernel(), measured) == pytest.approx(kernel, rel=1e-9, abs=1e-12)
    values = sorted(np.linalg.eigvals(kernel).real)
    assert tiny.score("ntk_cond", measured) == pytest.approx(values[-1] / values[0], rel=1e-5)


def test_the_kernel_of_a_linear_map_is_classes_times_the_gram_matrix(tiny):
    measured = tiny.subject(tiny.softmax_regression, samples=4)
    x = measured.batch()[0].flatten(1)[:4].numpy()
    assert tiny.evidence(SampleKernel(), measured) == pytest.approx(tiny.CLASSES * x @ x.T, rel=1e-12)


def test_orthonormal_inputs_of_a_linear_map_have_a_condition_of_one(tiny):
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((192, 6)))
    measured = tiny.subject(tiny.softmax_regression, tiny.images_of(basis.T.reshape(6, 3, 8, 8), [0] * 6), samples=6)
    assert tiny.score("ntk_cond", measured) == pytest.approx(1, rel=1e-9)


def test_a_duplicated_input_makes_the_kernel_singular(tiny):
    images = tiny.make_inputs().batches[0].images.copy()
    images[1] = images[0]
    with pytest.raises(SingularError):
        tiny.score("ntk_cond", tiny.subject(tiny.Chain, tiny.images_of(images, range(6))))


def test_more_inputs_than_parameters_make_the_kernel_singular(tiny):
    with pytest.raises(SingularError):
        tiny.score("ntk_cond", tiny.subject(lambda: nn.Sequential(nn.Conv2d(3, 1, 1), nn.Flatten()), samples=6))


def test_no_gradient_makes_the_kernel_degenerate(tiny):
    with pytest.raises(DegenerateError):
        tiny.score("ntk_cond", tiny.subject(lambda: tiny.With(lambda _, x: x * 0 + 0)))


def test_a_kernel_below_resolution_has_no_condition_number():
    for smallest in (0.0, -1e-12, 1e-8):
        with pytest.raises(SingularError):
            ntk_cond(np.diag([1.0, smallest]))
    assert ntk_cond(np.diag([1.0, 1e-5])) == pytest.approx(1e5)
    with pytest.raises(DegenerateError):
        ntk_cond(np.zeros((3, 3)))


def test_scaling_the_logits_leaves_the_condition_number(tiny):
    one = tiny.subject(lambda: tiny.With(lambda _, x: x))

    class Scaled(tiny.With):
        def forward(self, x):
            return super().forward(x) * 8

    other = tiny.subject(lambda: Scaled(lambda _, x: x))
    assert tiny.score("ntk_cond", one) == pytest.approx(tiny.score("ntk_cond", other), rel=1e-6)


def test_the_condition_number_is_better_when_lower():
    assert proxies()["ntk_cond"].sign == -1


numbers = st.lists(st.integers(-20, 20), min_size=2, max_size=12)


@settings(deadline=None, max_examples=50)
@given(numbers)
def test_with_equal_region_counts_te_nas_ranks_as_the_condition_number_does(condition):
    oriented = np.array(condition, float)
    ranks = te_nas(oriented, np.full(len(oriented), 3000.0))
    assert np.array_equal(np.sign(np.subtract.outer(ranks, ranks)), np.sign(np.subtract.outer(oriented, oriented)))


@settings(deadline=None, max_examples=50)
@given(numbers, st.randoms(use_true_random=False))
def test_monotone_transforms_leave_te_nas(condition, random):
    regions = np.array([random.randint(0, 9) for _ in condition], float)
    oriented = np.array(condition, float)
    assert np.array_equal(te_nas(oriented, regions), te_nas(np.exp(oriented / 5), 7 * regions - 2))


def test_te_nas_adds_ranks_with_ties_averaged():
    assert te_nas(np.array([-3.0, -1, -2]), np.array([5.0, 5, 1])).tolist() == [1 + 2.5, 3 + 2.5, 2 + 1]
    assert proxies()["te_nas"].of == ("ntk_cond", "linear_regions")
