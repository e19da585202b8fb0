"""grad_norm, snip, plain, fisher, grasp and synflow against plain autograd, and their known answers."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from zsbench.errors import DegenerateError
from zsbench.evidence import ChannelSaliencies, LossGradients
from zsbench.proxies.plain import plain
from zsbench.registry import proxies

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]
BATCHNORM_IN_BETWEEN = ["stem.0", "block.1"]
"""The layers of `Residual` that a BatchNorm follows; the shortcut and the classifier have none."""


def layers(network):
    return [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]


def layer_gradients(measured):
    """Return (weight, gradient) a layer by an ordinary backward on a copy of the network."""
    network, (images, labels) = copy.deepcopy(measured.network), measured.batch()
    functional.cross_entropy(network(images), labels).backward()
    return [
        (m.weight.detach(), torch.zeros_like(m.weight) if m.weight.grad is None else m.weight.grad)
        for m in layers(network)
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_on_the_loss_gradient_equal_plain_autograd(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    pairs = [(w.flatten().tolist(), g.flatten().tolist()) for w, g in layer_gradients(measured)]
    grad_norm = sum(math.sqrt(sum(x * x for x in g)) for _, g in pairs)
    snip = sum(abs(a * b) for w, g in pairs for a, b in zip(w, g, strict=True))
    signed = sum(a * b for w, g in pairs for a, b in zip(w, g, strict=True))
    assert tiny.score("grad_norm", measured) == pytest.approx(grad_norm, rel=1e-9)
    assert tiny.score("snip", measured) == pytest.approx(snip, rel=1e-9)
    assert tiny.score("plain", measured) == pytest.approx(signed, rel=1e-9)


@pytest.mark.parametrize("name", ["chain", "residual", "cell cut"])
def test_snip_is_the_gradient_of_masks_at_one(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    network, (images, labels) = measured.network, measured.batch()
    names = [n for n, p in network.named_parameters() if any(p is layer.weight for layer in layers(network))]
    masks = {n: torch.ones_like(network.get_parameter(n), requires_grad=True) for n in names}
    masked = {n: network.get_parameter(n).detach() * mask for n, mask in masks.items()}
    functional.cross_entropy(functional_call(network, masked, (images,)), labels).backward()
    expected = sum(mask.grad.abs().sum().item() for mask in masks.values() if mask.grad is not None)
    assert tiny.score("snip", measured) == pytest.approx(expected, rel=1e-9)


def softmax_gradient(measured):
    """Return weight and gradient of softmax regression in closed form, as arrays."""
    images, labels = (t.numpy() for t in measured.batch())
    x = images.reshape(len(images), -1)
    weight = measured.network[1].weight.detach().numpy()
    logits = x @ weight.T
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return weight, p.T @ x / len(x), logits, p / len(x)


def test_softmax_regression_has_closed_forms(tiny):
    measured = tiny.subject(tiny.softmax_regression)
    weight, gradient, logits, delta = softmax_gradient(measured)
    assert tiny.score("grad_norm", measured) == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
    assert tiny.score("snip", measured) == pytest.approx(np.abs(weight * gradient).sum(), rel=1e-12)
    assert tiny.score("plain", measured) == pytest.approx((weight * gradient).sum(), rel=1e-12)
    fisher = ((logits * delta) ** 2).mean(0).sum() / 2 * weight.shape[1]
    assert tiny.score("fisher", measured) == pytest.approx(fisher, rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_fisher_equals_hooks_on_every_layer(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    network, (images, labels) = copy.deepcopy(measured.network), measured.batch()
    outputs = []

    def keep(module, _inputs, output):
        output.retain_grad()
        outputs.append((module, output))

    for layer in layers(network):
        layer.register_forward_hook(keep)
    functional.cross_entropy(network(images), labels).backward()
    expected = 0.0
    for module, output in outputs:
        if output.grad is None:
            continue
        per_channel = module.weight[0].numel()
        for n in range(len(images)):
            for c in range(output.shape[1]):
                expected += (
                    float((output.detach()[n, c] * output.grad[n, c]).sum()) ** 2 * per_channel / (2 * len(images))
                )
    assert tiny.score("fisher", measured) == pytest.approx(expected, rel=1e-9)


def by_hessian(measured):
    """Build H over all layers' weights and return -<W, H g>."""
    network, (images, labels) = measured.network, measured.batch()
    names = [n for n, p in network.named_parameters() if any(p is layer.weight for layer in layers(network))]
    start = [network.get_parameter(n).detach() for n in names]
    theta = torch.cat([w.flatten() for w in start]).requires_grad_()
    pieces = theta.split([w.numel() for w in start])
    weights = {n: piece.view_as(w) for n, piece, w in zip(names, pieces, start, strict=True)}
    loss = functional.cross_entropy(functional_call(network, weights, (images,)), labels)
    (gradient,) = torch.autograd.grad(loss, theta, create_graph=True)
    rows = [torch.autograd.grad(g, theta, retain_graph=True)[0] for g in gradient]
    return -float(theta.detach() @ torch.stack(rows) @ gradient.detach())


@pytest.mark.parametrize("width", [1, 2])
def test_grasp_equals_the_explicit_hessian(tiny, width):
    measured = tiny.subject(lambda: tiny.Residual(width))
    assert tiny.score("grasp", measured) == pytest.approx(by_hessian(measured), rel=1e-9)


def test_grasp_is_the_squared_gradient_norm_where_batchnorm_follows_every_layer(tiny):
    def build():
        layers_ = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten()
        head = nn.Linear(144, tiny.CLASSES, bias=False), nn.BatchNorm1d(tiny.CLASSES)
        return tiny.without_eps(nn.Sequential(*layers_, *head))

    measured = tiny.subject(build)
    squared = sum(g.square().sum().item() for _, g in layer_gradients(measured))
    assert tiny.score("grasp", measured) == pytest.approx(squared, rel=1e-9)


def ones_flow(build, size=8, *, batch_norm=False):
    """Return the flow sum |W dR/d|W|| by an ordinary backward through a copy with or without BatchNorm, and R."""
    network = build().double()
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.BatchNorm2d) and not batch_norm:
            owner = network.get_submodule(name.rpartition(".")[0])
            setattr(owner, name.rpartition(".")[2], nn.Identity())
    for parameter in network.parameters():
        parameter.data = parameter.data.abs()
    output = network(torch.ones(1, 3, size, size, dtype=torch.float64)).sum()
    output.backward()
    flows = [(m.weight * m.weight.grad).abs() for m in layers(network) if m.weight.grad is not None]
    return sum(flow.sum().item() for flow in flows), output.item()


@pytest.mark.parametrize("name", NETWORKS)
def test_synflow_equals_a_backward_through_absolute_weights(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    flow, _ = ones_flow(lambda: copy.deepcopy(measured.network))
    assert tiny.score("synflow", measured) == pytest.approx(math.log(flow), rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_flow_through_batchnorm_equals_a_backward_through_absolute_weights(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    flow, _ = ones_flow(lambda: copy.deepcopy(measured.network), batch_norm=True)
    assert tiny.score("synflow_bn", measured) == pytest.approx(flow, rel=1e-9)


def test_without_batchnorm_both_flows_are_one(tiny):
    measured = tiny.subject(bias_free_chain)
    assert tiny.score("synflow", measured) == pytest.approx(math.log(tiny.score("synflow_bn", measured)), rel=1e-12)


def bias_free_chain(depth=4):
    body = [layer for _ in range(depth - 1) for layer in (nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.ReLU())]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3, bias=False))


@pytest.mark.parametrize("depth", [2, 5])
def test_the_flow_of_a_bias_free_chain_is_depth_times_output(tiny, depth):
    measured = tiny.subject(lambda: bias_free_chain(depth))
    _, output = ones_flow(lambda: copy.deepcopy(measured.network))
    assert tiny.score("synflow", measured) == pytest.approx(math.log(depth * output), rel=1e-12)


def scaled(build, place, factor):
    """Build and multiply the weights of one layer."""

    def made():
        network = build()
        with torch.no_grad():
            network.get_submodule(place).weight.mul_(factor)
        return network

    return made


@pytest.mark.parametrize("place", ["0", "2", "8"])
def test_scaling_a_layer_of_a_bias_free_chain_scales_the_flow(tiny, place):
    plain_ = tiny.score("synflow", tiny.subject(bias_free_chain))
    more = tiny.score("synflow", tiny.subject(scaled(bias_free_chain, place, 4.0)))
    assert more - plain_ == pytest.approx(math.log(4), rel=1e-9)


def test_permuting_hidden_channels_leaves_the_flow(tiny):
    def permuted():
        network = bias_free_chain()
        with torch.no_grad():
            network[0].weight.copy_(network[0].weight[[2, 0, 1]])
            network[2].weight.copy_(network[2].weight[:, [2, 0, 1]])
        return network

    one, other = (tiny.score("synflow", tiny.subject(build)) for build in (bias_free_chain, permuted))
    assert one == pytest.approx(other, rel=1e-12)


def test_the_flow_past_a_skip_connection_by_hand(tiny):
    class Skip(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
            nn.init.constant_(self.a.weight, -2)
            nn.init.constant_(self.b.weight, 3)

        def forward(self, x):
            y = self.a(x[:, 0, 0, :1])
            return y + self.b(y)

    # R = 2 + 2 * 3; both paths pass through a, one through b.
    assert tiny.score("synflow", tiny.subject(Skip)) == pytest.approx(math.log((2 + 6) + 6), rel=1e-12)


def test_a_network_without_a_path_has_no_flow(tiny):
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 3, 1), nn.Linear(3, 3)

        def forward(self, x):
            return self.b(self.a(x).mean((2, 3)) * 0)

    with pytest.raises(DegenerateError):
        tiny.score("synflow", tiny.subject(Cut))


@pytest.fixture
def residual(tiny):
    return lambda: tiny.without_eps(tiny.Residual())


@pytest.mark.parametrize("place", BATCHNORM_IN_BETWEEN)
def test_a_layer_in_front_of_a_batchnorm_is_orthogonal_to_its_gradient(tiny, residual, place):
    measured = tiny.subject(residual)
    weight = measured.network.get_submodule(place).weight
    (gradient,) = [g for w, g in tiny.evidence(LossGradients(), measured)[0] if w.data_ptr() == weight.data_ptr()]
    per_channel = (weight * gradient).flatten(1).sum(1)
    assert per_channel.abs().max() < 1e-9 * (weight * gradient).abs().sum()


def test_plain_is_carried_by_the_layers_without_a_batchnorm(tiny):
    measured = tiny.subject(lambda: tiny.without_eps(tiny.Chain()))
    (*rest, (weight, gradient)) = tiny.evidence(LossGradients(), measured)[0]
    assert abs(float(plain([rest]))) < 1e-9 * tiny.score("snip", measured)
    assert tiny.score("plain", measured) == pytest.approx(float((weight * gradient).sum()), rel=1e-6)


def test_plain_of_a_homogeneous_output_is_depth_times_output(tiny):
    network, (images, _) = bias_free_chain(4).double(), tiny.subject(bias_free_chain).batch()
    output = network(images).sum()
    output.backward()
    pairs = [(layer.weight.detach(), layer.weight.grad) for layer in layers(network)]
    assert float(plain([pairs])) == pytest.approx(4 * output.item(), rel=1e-9)


@pytest.mark.parametrize("place", BATCHNORM_IN_BETWEEN)
@pytest.mark.parametrize("name", ["snip", "fisher", "plain", "naswot", "jacob_cov"])
def test_the_scale_of_a_layer_in_front_of_a_batchnorm_does_not_matter_to(tiny, residual, place, name):
    one, other = (tiny.score(name, tiny.subject(build)) for build in (residual, scaled(residual, place, 3.0)))
    assert one == pytest.approx(other, rel=1e-7)


@pytest.mark.parametrize("place", BATCHNORM_IN_BETWEEN)
def test_scaling_a_layer_in_front_of_a_batchnorm_divides_its_gradient_alone(tiny, residual, place):
    one, other = (
        [g.norm().item() for _, g in tiny.evidence(LossGradients(), tiny.subject(build))[0]]
        for build in (residual, scaled(residual, place, 3.0))
    )
    number = [name for name, m in residual().named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))].index(place)
    expected = [norm / 3 if layer == number else norm for layer, norm in enumerate(one)]
    assert other == pytest.approx(expected, rel=1e-7)
    assert tiny.score("grad_norm", tiny.subject(scaled(residual, place, 3.0))) == pytest.approx(sum(expected))


def test_fisher_s_sums_cancel_over_the_batch_in_front_of_a_batchnorm_but_their_squares_do_not(tiny, residual):
    saliencies = [s for s, _ in tiny.evidence(ChannelSaliencies(), tiny.subject(residual))]
    for saliency in saliencies[:2]:
        assert saliency.sum(0).abs().max() < 1e-9 * saliency.abs().sum()
        assert (saliency.square().mean(0) > 0).all()
    assert saliencies[-1].sum(0).abs().max() > 1e-3 * saliencies[-1].abs().sum()


def test_a_layer_out_of_reach_of_the_loss_adds_nothing(tiny):
    def build():
        def tail(network, x):
            return x + 0 * network.extra(x)

        return tiny.With(tail, extra=nn.Conv2d(4, 4, 1, bias=False))

    one, other = (
        tiny.subject(build),
        tiny.subject(lambda: tiny.With(lambda _, x: x, extra=nn.Conv2d(4, 4, 1, bias=False))),
    )
    for name in ("grad_norm", "snip", "plain", "fisher"):
        assert tiny.score(name, one) == pytest.approx(tiny.score(name, other), rel=1e-12)
        assert proxies()[name].sign == 1
