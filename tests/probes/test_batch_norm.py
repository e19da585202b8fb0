"""BatchNorm with sums in groups is BatchNorm, nearer to float64 than PyTorch's on channels-last tensors."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench.probes import batch_norm
from zsbench.probes.batch_norm import GroupedBatchNorm, groups_of


def tensors(shape, dtype=torch.float32, *, layout=torch.channels_last):
    """Return an input far from zero, a gradient, a scale and a shift, all leaves."""
    generator = torch.Generator().manual_seed(1)
    x, g = (torch.randn(shape, generator=generator) for _ in range(2))
    weight, bias = (torch.randn(shape[1], generator=generator) for _ in range(2))
    x, g = ((one.contiguous(memory_format=layout) if one.dim() == 4 else one) for one in (2 + 3 * x, g))
    return [one.to(dtype).requires_grad_() for one in (x, weight, bias)] + [g.to(dtype)]


def normalised(x, weight, bias, g):
    """Return the output and the gradients by input, scale and shift."""
    y = functional.batch_norm(x, None, None, weight, bias, training=True, eps=1e-3)
    return [y.detach(), *torch.autograd.grad(y, (x, weight, bias), g)]


def grouped(*given):
    with GroupedBatchNorm():
        return normalised(*given)


def errors(found, exact):
    return [float((one - true).abs().max() / true.abs().max()) for one, true in zip(found, exact, strict=True)]


@pytest.mark.parametrize(
    "shape",
    [(64, 16, 32, 32), (64, 64, 4, 4), (6, 5, 7, 9), (160, 3, 1, 1), (3, 700, 10, 8), (32, 1024, 8, 8)],
    ids=str,
)
def test_it_equals_batch_norm_in_float64(shape):
    assert groups_of(tensors(shape)[0]) > 1
    y, by_x, *sums = errors(grouped(*tensors(shape)), normalised(*tensors(shape, torch.float64)))
    assert max(y, by_x) < 1e-6
    assert max(sums) < 2e-5  # the framework's own: nothing but the proxies that count these weights reads them


def test_outputs_and_their_gradients_keep_more_digits_than_the_framework():
    shape = (64, 16, 32, 32)
    exact = normalised(*tensors(shape, torch.float64))[:2]
    ours, theirs = errors(grouped(*tensors(shape))[:2], exact), errors(normalised(*tensors(shape))[:2], exact)
    assert all(5 * one < other for one, other in zip(ours, theirs, strict=True)), (ours, theirs)


def test_outputs_and_gradients_keep_the_layout():
    y, by_x, *_ = grouped(*tensors((64, 16, 8, 8)))
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert by_x.is_contiguous(memory_format=torch.channels_last)


def test_a_gradient_of_another_layout_is_taken():
    x, weight, bias, g = tensors((8, 16, 8, 8))
    expected = grouped(x, weight, bias, g)
    for one, other in zip(grouped(x, weight, bias, g.contiguous()), expected, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "x",
    [
        tensors((8, 4, 8, 8), torch.float64)[0],
        tensors((8, 4, 8, 8), layout=torch.contiguous_format)[0],
        tensors((2, 4, 8, 8))[0],
        tensors((8, 2048, 8, 8))[0],
        tensors((256, 4))[0],
        tensors((8, 4, 64))[0],
        tensors((3, 4, 9, 9))[0],
    ],
    ids=["float64", "other layout", "few positions", "many channels", "vectors", "rows", "odd"],
)
def test_elsewhere_the_framework_answers(x, monkeypatch):
    monkeypatch.setattr(batch_norm.Grouped, "apply", lambda *_: pytest.fail("groups were taken"))
    layer = nn.BatchNorm2d(x.shape[1]) if x.dim() == 4 else nn.BatchNorm1d(x.shape[1])
    with GroupedBatchNorm():
        found = layer.to(x.dtype)(x)
    assert torch.equal(found, layer(x))


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(4, affine=False), nn.BatchNorm2d(4).eval()], ids=["no scale", "eval"])
def test_without_scale_or_batch_statistics_the_framework_answers(layer):
    x, *_ = tensors((8, 4, 8, 8))
    with GroupedBatchNorm():
        found = layer(x)
    assert torch.equal(found, layer(x))


def test_a_network_keeps_its_running_statistics():
    layer = nn.BatchNorm2d(4)
    with GroupedBatchNorm():
        layer(tensors((8, 4, 8, 8))[0])
    assert torch.equal(layer.running_mean, torch.zeros(4))
    assert torch.equal(layer.running_var, torch.ones(4))
