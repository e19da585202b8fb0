"""<W, H g> by hyper-dual numbers equals double backward and the explicit Hessian, or steps aside for them."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from zsbench.evidence import HessianGradient, LossGradients
from zsbench.networks.nats import cell_network
from zsbench.probes.hyper_dual import UnknownOperationError, double_backward, mixed_derivative

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]


def layer_weights(network):
    return [m.weight for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]


def by_double_backward(measured):
    images, labels = measured.batch()
    loss = functional.cross_entropy(measured.network(images), labels)
    return double_backward(loss, layer_weights(measured.network))


def by_explicit_hessian(measured):
    """Build the whole Hessian column by column and multiply."""
    network, (images, labels) = measured.network, measured.batch()
    names = [n for n, p in network.named_parameters() if any(p is w for w in layer_weights(network))]
    shapes = [network.get_parameter(name).shape for name in names]
    flat = torch.cat([network.get_parameter(name).detach().flatten() for name in names])

    def loss(theta):
        pieces = theta.split([shape.numel() for shape in shapes])
        weights = {name: piece.view(shape) for name, piece, shape in zip(names, pieces, shapes, strict=True)}
        return functional.cross_entropy(functional_call(network, weights, (images,)), labels)

    gradient = torch.autograd.functional.jacobian(loss, flat)
    return float(flat @ torch.autograd.functional.hessian(loss, flat, vectorize=True) @ gradient)


def fast(measured):
    return mixed_derivative(measured.network, *measured.batch(), _gradients(measured))


def _gradients(measured):
    images, labels = measured.batch()
    weights = layer_weights(measured.network)
    loss = functional.cross_entropy(measured.network(images), labels)
    gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    return list(zip(weights, gradients, strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_fast_way_equals_a_double_backward(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    assert fast(measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


@pytest.mark.parametrize("build", ["chain", "residual"])
def test_the_fast_way_equals_the_explicit_hessian(tiny, build):
    network = {"chain": lambda: tiny.affine(tiny.Chain(2)), "residual": lambda: tiny.Residual(2)}[build]
    measured = tiny.subject(network)
    assert fast(measured) == pytest.approx(by_explicit_hessian(measured), rel=1e-9)


def test_the_fast_way_equals_the_explicit_hessian_on_a_cell(tiny):
    measured = tiny.subject(lambda: tiny.cell("cut", channels=1))
    assert fast(measured) == pytest.approx(by_explicit_hessian(measured), rel=1e-9)


def test_linear_layers_in_front_of_a_batchnorm_have_a_rule(tiny):
    def build():
        layers = nn.Flatten(), nn.Linear(192, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, tiny.CLASSES)
        return tiny.affine(nn.Sequential(*layers))

    measured = tiny.subject(build)
    assert fast(measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


def test_branches_may_be_joined_scaled_and_averaged(tiny):
    def tail(_network, x):
        return torch.cat([sum([x, x * 3]), 2 * x], dim=1).mean(dim=(2, 3), keepdim=True)

    def build():
        network = tiny.With(tail)
        network.chain.classifier = nn.Linear(8, tiny.CLASSES)
        return network

    measured = tiny.subject(build)
    assert fast(measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


WITHOUT_A_RULE = {
    "gelu": (lambda _, x: functional.gelu(x), {}),
    "a product of two branches": (lambda _, x: x * torch.relu(x), {}),
    "an added parameter": (lambda n, x: x + n.shift, {"shift": (1, 4, 1, 1)}),
    "an added number": (lambda _, x: x + 1.0, {}),
    "a constant among what is joined": (lambda _, x: (torch.cat([x, torch.ones_like(x)], 1) ** 1)[:, 2:6], {}),
    "a mean over inputs": (lambda _, x: x - x.mean(0, keepdim=True), {}),
    "stacked branches": (lambda _, x: torch.stack([x, x]).prod(0), {}),
    "a difference": (lambda _, x: x - functional.avg_pool2d(x, 3, 1, 1), {}),
    "a keyword argument": (lambda _, x: functional.softplus(input=x), {}),
    "a BatchNorm in eval mode": (lambda n, x: n.extra.eval()(x), {"extra": lambda: nn.BatchNorm2d(4)}),
    "a BatchNorm of vectors of positions": (
        lambda n, x: n.extra(x.flatten(2)).view(x.shape),
        {"extra": lambda: nn.BatchNorm1d(4)},
    ),
}


def build_with(tiny, tail, parts):
    made = {
        name: part() if callable(part) else nn.Parameter(torch.linspace(-1, 1, 4).view(part))
        for name, part in parts.items()
    }
    return tiny.With(tail, **made)


@pytest.mark.parametrize("name", WITHOUT_A_RULE)
def test_an_operation_without_a_rule_is_refused_and_the_score_is_right_all_the_same(tiny, name):
    tail, parts = WITHOUT_A_RULE[name]
    measured = tiny.subject(lambda: build_with(tiny, tail, parts))
    with pytest.raises(UnknownOperationError):
        fast(measured)
    value = tiny.evidence(HessianGradient(), measured)
    assert value == pytest.approx(by_double_backward(measured), rel=1e-9)


@pytest.mark.parametrize(
    "tail",
    [
        lambda n, x: n.extra(x) + functional.conv2d(x, n.extra.weight * 2),
        lambda n, x: n.extra(x) + functional.conv2d(x, torch.stack([n.extra.weight, n.extra.weight]).mean(0)),
    ],
)
def test_a_weight_used_outside_its_layer_is_refused_and_the_score_is_right_all_the_same(tiny, tail):
    measured = tiny.subject(lambda: tiny.With(tail, extra=nn.Conv2d(4, 4, 1, bias=False)))
    with pytest.raises(UnknownOperationError):
        fast(measured)
    assert tiny.evidence(HessianGradient(), measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


@pytest.mark.parametrize(
    ("tail", "parts"),
    [
        (lambda n, x: x * n.scale, {"scale": (1, 4, 1, 1)}),
        (
            lambda n, x: functional.conv2d(x, n.mixer.view(2, 2, 1, 1).repeat(2, 2, 1, 1), torch.ones(4).double()),
            {"mixer": (4,)},
        ),
    ],
)
def test_parameters_of_no_layer_are_constants(tiny, tail, parts):
    measured = tiny.subject(lambda: build_with(tiny, tail, parts))
    assert fast(measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


def test_linear_layers_on_tokens_have_a_rule(tiny):
    def tail(network, x):
        tokens = x.flatten(2)
        return network.extra(tokens).view(x.shape)

    measured = tiny.subject(lambda: tiny.With(tail, extra=nn.Linear(16, 16)))
    assert fast(measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


def test_a_batch_of_a_quarter_of_the_channels_changes_nothing(tiny):
    # Then the kernel of the average pooling has the shape of a stack of inputs.
    inputs = tiny.make_inputs(images=4)
    measured = tiny.subject(lambda: tiny.cell("pooled", channels=16), inputs)
    value = tiny.evidence(HessianGradient(), measured)
    assert value == pytest.approx(by_double_backward(measured), rel=1e-9)


def test_a_layer_that_is_never_run_is_left_out(tiny):
    def build():
        network = tiny.Chain()
        network.unused = nn.Conv2d(3, 3, 1)
        return network

    measured = tiny.subject(build)
    assert len(tiny.evidence(LossGradients(), measured)[0]) == 3
    assert tiny.evidence(HessianGradient(), measured) == pytest.approx(by_double_backward(measured), rel=1e-9)


def test_half_a_quadratic_form_gives_the_squared_gradient():
    generator = torch.Generator().manual_seed(1)
    root = torch.randn(5, 5, generator=generator, dtype=torch.float64)
    symmetric, theta = root + root.T, torch.randn(5, generator=generator, dtype=torch.float64, requires_grad=True)
    value = double_backward(theta @ symmetric @ theta / 2, [theta])
    assert value == pytest.approx(float((symmetric @ theta.detach()).square().sum()), rel=1e-12)


@pytest.mark.parametrize("inputs", [64, 4, 2], ids=lambda n: f"{n} images")
def test_every_operation_of_the_nats_cells_takes_the_fast_way_in_float32(inputs):
    # Of 4 and 2 images the kernel of the average pooling has the shape of a stack.
    operations = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "avg_pool_3x3")
    network = cell_network(operations, 10, channels=4, cells=1).train()
    images, labels = torch.randn(inputs, 3, 8, 8), torch.randint(10, (inputs,))
    weights = layer_weights(network)
    loss = functional.cross_entropy(network(images), labels)
    gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    fast_value = mixed_derivative(network, images, labels, list(zip(weights, gradients, strict=True)))
    loss = functional.cross_entropy(network(images), labels)
    assert fast_value == pytest.approx(double_backward(loss, weights), rel=1e-2)
