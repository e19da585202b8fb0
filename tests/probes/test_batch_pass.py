"""One forward of the batch: what its taps see, what it leaves behind, and who falls with whom."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench import evidence
from zsbench.probes import batch_pass, measure
from zsbench.registry import proxies

NEEDS = sorted({need for proxy in proxies().values() for need in proxy.needs}, key=str)
CODES, JACOBIAN, GRADIENTS = evidence.ReluAgreement(), evidence.InputJacobian(), evidence.LossGradients()


def test_every_need_that_a_proxy_declares_has_a_probe(tiny):
    found = measure(NEEDS, tiny.cell_subject("convolutions", dtype=torch.float32))
    failed = {str(need): error for need, error in found.items() if isinstance(error, Exception)}
    assert list(failed) == [str(evidence.Topology())]


@pytest.mark.parametrize("need", NEEDS, ids=str)
def test_measuring_leaves_the_network_as_it_was(tiny, need):
    measured = tiny.cell_subject("convolutions", dtype=torch.float32)
    network = measured.network
    before = copy.deepcopy(dict(network.named_parameters()))
    measure([need], measured)
    assert measured.network is network
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.requires_grad
        assert parameter.grad is None
    for module in network.modules():
        assert module.training
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks


def test_a_failing_network_is_left_without_hooks(tiny):
    def tail(_network, _x):
        raise RuntimeError("broken")

    measured = tiny.subject(lambda: tiny.With(tail))
    found = measure([CODES, GRADIENTS], measured)
    assert {str(error) for error in found.values()} == {"broken"}
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in measured.network.modules())


@pytest.mark.parametrize(
    "need", [CODES, JACOBIAN, GRADIENTS, evidence.ChannelSaliencies(), evidence.SampleKernel()], ids=str
)
def test_running_statistics_are_not_read(tiny, need):
    calm, moved = tiny.cell_subject("convolutions"), tiny.cell_subject("convolutions")
    for module in moved.network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.fill_(5)
            module.running_var.fill_(9)
    first, second = (tiny.evidence(need, measured) for measured in (calm, moved))
    assert _text(first) == _text(second)


def _text(value):
    torch.set_printoptions(precision=17)
    return str(value)


def test_the_order_of_needs_changes_no_bit(tiny):
    forwards = measure(NEEDS, tiny.cell_subject("convolutions", dtype=torch.float32))
    backwards = measure(NEEDS[::-1], tiny.cell_subject("convolutions", dtype=torch.float32))
    for name, proxy in proxies().items():
        if proxy.is_aggregate or evidence.Topology() in proxy.needs:
            continue
        one, other = (float(proxy.score(*(found[n].value for n in proxy.needs))) for found in (forwards, backwards))
        assert one == other, name


def test_one_tap_s_failure_does_not_take_its_neighbours_down(tiny, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("a tap broke")

    monkeypatch.setattr(batch_pass.AgreementTap, "__call__", broken)
    measured = tiny.subject(tiny.Chain)
    found = measure([CODES, JACOBIAN, GRADIENTS, evidence.HessianGradient()], measured)
    assert str(found[CODES]) == "a tap broke"
    alone = tiny.subject(tiny.Chain)
    assert (found[JACOBIAN].value == tiny.evidence(JACOBIAN, alone)).all()
    assert found[evidence.HessianGradient()].value == tiny.evidence(evidence.HessianGradient(), alone)


def test_without_gradients_there_is_no_hessian_product_either(tiny):
    measured = tiny.subject(lambda: nn.Sequential(nn.Conv2d(3, 4, 9), nn.Flatten(), nn.Linear(4, 3)))
    found = measure([evidence.HessianGradient(), evidence.LossGradients(2)], measured)
    assert all(isinstance(error, RuntimeError) for error in found.values())


def test_a_tensor_changed_in_place_between_two_relus_is_looked_at_again(tiny):
    class Changing(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.classifier = nn.ReLU(), nn.ReLU(), nn.Linear(192, 3)

        def forward(self, x):
            x = x.flatten(1) * 1
            y = self.first(x)
            x += 1
            return self.classifier(y + self.second(x))

    measured = tiny.subject(Changing)
    units = measured.batch()[0].flatten(1)
    codes = torch.cat([units > 0, units > -1], dim=1)
    expected = (codes[:, None] == codes[None, :]).sum(-1).double()
    assert torch.equal(tiny.evidence(CODES, measured), expected)


def test_inputs_of_a_layer_that_runs_twice_are_told_apart(tiny):
    def tail(network, x):
        return network.extra(network.extra(x))

    measured = tiny.subject(lambda: tiny.With(tail, extra=nn.Conv2d(4, 4, 1)))
    assert len(tiny.evidence(GRADIENTS, measured)[0]) == 4
    assert len(tiny.evidence(evidence.ChannelSaliencies(), measured)) == 5


def test_later_batches_have_their_own_gradients(tiny):
    measured = tiny.subject(tiny.Residual)
    found = tiny.evidence(evidence.LossGradients(batches=2), measured)
    for number, gradients in enumerate(found):
        images, labels = measured.batch(number)
        functional.cross_entropy(measured.network(images), labels).backward()
        for weight, gradient in gradients:
            (parameter,) = [p for p in measured.network.parameters() if p.data_ptr() == weight.data_ptr()]
            torch.testing.assert_close(gradient, parameter.grad)
        measured.network.zero_grad()
