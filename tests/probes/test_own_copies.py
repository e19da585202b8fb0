"""Per-input gradients of single-input batches: all in one pass, or by a loop, the values are the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench.errors import UnsupportedError
from zsbench.evidence import SampleSignSums
from zsbench.probes import own_copies
from zsbench.probes.own_copies import looped_gradients, per_input_gradients

NETWORKS = ["chain", "residual", "affine residual", "cell convolutions", "cell cut", "cell pooled"]


def by_backward(network, images, labels):
    """Feed one image at a time, call backward, read .grad."""
    rows = []
    for image, label in zip(images, labels, strict=True):
        network.zero_grad(set_to_none=True)
        functional.cross_entropy(network(image[None]), label[None]).backward()
        rows.append([torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in network.parameters()])
    network.zero_grad(set_to_none=True)
    return [torch.stack(column) for column in zip(*rows, strict=True)]


def assert_equal(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-11)


@pytest.fixture
def no_loop(monkeypatch):
    """Make the slow way fail."""

    def refuse(*_arguments):
        pytest.fail("the loop was taken")

    monkeypatch.setattr(own_copies, "looped_gradients", refuse)


@pytest.fixture
def loops(monkeypatch):
    """Count the uses of the slow way."""
    calls = []
    monkeypatch.setattr(
        own_copies, "looped_gradients", lambda *arguments: calls.append(1) or looped_gradients(*arguments)
    )
    return calls


@pytest.mark.parametrize("name", NETWORKS)
def test_one_pass_equals_one_backward_an_input(tiny, no_loop, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    found = per_input_gradients(measured.network, *measured.batch())
    assert_equal(found, by_backward(measured.network, *measured.batch()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_loop_equals_one_backward_an_input(tiny, name):
    measured = tiny.subject(tiny.NETWORKS[name])
    found = looped_gradients(measured.network, *measured.batch())
    assert_equal(found, by_backward(measured.network, *measured.batch()))


def normalised(network, x):
    return network.extra(x.flatten(2)).view(x.shape)


@pytest.mark.parametrize(
    ("tail", "parts"),
    [
        (lambda _, x: functional.gelu(x), {}),
        (lambda _, x: x * torch.relu(x), {}),
        (normalised, {"extra": lambda: nn.BatchNorm1d(4)}),
    ],
    ids=["gelu", "product", "batchnorm of rows of positions"],
)
def test_operations_without_parameters_need_no_loop(tiny, no_loop, tail, parts):
    measured = tiny.subject(lambda: tiny.affine(tiny.With(tail, **{name: part() for name, part in parts.items()})))
    found = per_input_gradients(measured.network, *measured.batch())
    assert_equal(found, by_backward(measured.network, *measured.batch()))


@pytest.mark.parametrize(
    ("tail", "part"),
    [
        (lambda n, x: x * n.extra, lambda: nn.Parameter(torch.linspace(-1, 1, 4).view(4, 1, 1))),
        (lambda n, x: torch.cat([x, x]).chunk(2)[0] + n.extra, lambda: nn.Parameter(torch.ones(4, 1, 1))),
        (lambda n, x: torch.stack([n.extra, n.extra]).sum(0) * x, lambda: nn.Parameter(torch.ones(4, 1, 1))),
        (lambda n, x: functional.prelu(x, weight=n.extra), lambda: nn.Parameter(torch.full((1,), 0.3))),
        (lambda n, x: n.extra(x), lambda: nn.GroupNorm(2, 4)),
        (lambda n, x: n.extra(x.flatten(2)).view(x.shape), lambda: nn.Linear(16, 16)),
        (lambda n, x: functional.conv2d(x, n.extra.weight * 2), lambda: nn.Conv2d(4, 4, 1, bias=False)),
        (
            lambda n, x: functional.conv2d(x, torch.ones(4, 4, 1, 1).double(), n.extra),
            lambda: nn.Parameter(torch.ones(4)),
        ),
        (lambda n, x: n.extra(x), lambda: nn.BatchNorm2d(4).requires_grad_()),
    ],
    ids=["scaled", "added", "stacked", "keyword", "group norm", "tokens", "derived", "lone bias", "eval mode"],
)
def test_a_parameter_used_by_an_operation_without_a_rule_takes_the_loop(tiny, loops, tail, part):
    def build():
        extra = part()
        if isinstance(extra, nn.BatchNorm2d):
            extra.train = lambda mode: extra  # stays as it is
            extra.training = False
        return tiny.With(tail, extra=extra)

    measured = tiny.subject(build)
    found = per_input_gradients(measured.network, *measured.batch())
    assert loops
    assert_equal(found, by_backward(measured.network, *measured.batch()))


def test_a_parameter_out_of_the_loss_s_reach_has_zero_gradients(tiny):
    measured = tiny.cell_subject("cut")
    found = per_input_gradients(measured.network, *measured.batch())
    names = [name for name, _ in measured.network.named_parameters()]
    behind_the_cut = [g for name, g in zip(names, found, strict=True) if "operations.2.1.weight" in name]
    assert len(behind_the_cut) == 3
    assert not any(g.any() for g in behind_the_cut)


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(5), nn.Sequential(nn.Unflatten(1, (5, 1, 1)), nn.BatchNorm2d(5))])
def test_a_batchnorm_of_single_values_is_unsupported(tiny, norm):
    measured = tiny.subject(lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 5), norm, nn.Flatten()))
    with pytest.raises(UnsupportedError, match="single value"):
        tiny.evidence(SampleSignSums(), measured)


def test_sign_sums_take_the_first_inputs_only(tiny):
    measured = tiny.subject(tiny.Residual, samples=3)
    images, labels = measured.batch()
    expected = [g[:3].sign().sum(0) for g in by_backward(measured.network, images, labels)]
    found = tiny.evidence(SampleSignSums(), measured)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_through_batchnorm_single_input_gradients_are_not_those_of_a_batch(tiny):
    def of_the_batch(measured):
        images, labels = measured.batch()
        losses = functional.cross_entropy(measured.network(images), labels, reduction="none")
        weight = measured.network.chain.body[0].weight if hasattr(measured.network, "chain") else None
        weight = weight if weight is not None else next(measured.network.parameters())
        return torch.stack([torch.autograd.grad(loss, weight, retain_graph=True)[0] for loss in losses])

    def alone(measured):
        return per_input_gradients(measured.network, *measured.batch())[0]

    def plain():
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))

    without, through = tiny.subject(plain), tiny.subject(tiny.Residual)
    torch.testing.assert_close(alone(without), of_the_batch(without))
    assert (alone(through) - of_the_batch(through)).norm() > 0.01 * alone(through).norm()
