"""The networks of NAS-Bench-101: against the definition written out, and without what the package adds to it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench.networks.nasbench101 import cell_network
from zsbench.spaces.cell101 import parse

CELLS = [
    "output~0",
    "maxpool3x3~0+output~1",
    "conv1x1~0+maxpool3x3~01+output~012",
    "conv1x1~0+conv1x1~0+maxpool3x3~12+conv1x1~0+output~0134",
    "conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245",
]


def built(text):
    cell = parse(text)
    torch.manual_seed(0)
    return cell, cell_network(cell.matrix(), cell.labels(), 10)


def conv(block, x):
    """Apply convolution, BatchNorm on batch statistics and ReLU with the weights of a block of the network."""
    (layer,) = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
    (norm,) = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
    y = functional.conv2d(x, layer.weight, padding=layer.kernel_size[0] // 2)
    return functional.relu(functional.batch_norm(y, None, None, norm.weight, norm.bias, training=True, eps=1e-5))


def by_definition(cell, module, x, channels):
    """Run one cell as its authors define it."""
    last = cell.vertices - 1
    feeding = [v for v in cell.sources(last) if v]
    widths = {v: channels // len(feeding) + (n < channels % len(feeding)) for n, v in enumerate(feeding)}
    for v in range(last - 1, 0, -1):
        if v not in widths:
            widths[v] = max(widths[t] for t in cell.targets(v))
    values = {}
    for v in range(1, last):
        terms = [values[s][:, : widths[v]] for s in cell.sources(v) if s]
        if 0 in cell.sources(v):
            terms.append(conv(module.input_op[v], x))
        total = sum(terms[1:], terms[0])
        pool = cell.labels()[v] == "maxpool3x3"
        values[v] = functional.max_pool2d(total, 3, 1, 1) if pool else conv(module.vertex_op[v], total)
        assert values[v].shape[1] == widths[v]
    result = torch.cat([values[v] for v in feeding], dim=1) if feeding else 0
    return result + conv(module.input_op[last], x) if 0 in cell.sources(last) else result


@pytest.mark.parametrize("text", CELLS)
def test_the_forward_pass_follows_the_definition(text):
    cell, network = built(text)
    x = images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        modules = list(network.layers)
        x = conv(modules.pop(0), x)
        for channels in (128, 256, 512):
            if channels > 128:
                modules.pop(0)
                x = functional.max_pool2d(x, 2, 2)
            for _ in range(3):
                x = by_definition(cell, modules.pop(0), x, channels)
        assert not modules
        torch.testing.assert_close(network.forward_features(images), x)
        torch.testing.assert_close(network(images), network.classifier(x.mean((2, 3))))
    assert x.shape == (2, 512, 8, 8)


@pytest.mark.parametrize("text", CELLS)
def test_every_parameter_matters(text):
    _, network = built(text)
    network(torch.rand(2, 3, 32, 32)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    assert not list(network.buffers(recurse=False))
    assert not [name for name in network.state_dict() if name.endswith((".a", "dev_param"))]


def test_batch_norm_has_the_momentum_of_the_original():
    _, network = built(CELLS[-1])
    assert {(m.momentum, m.eps) for m in network.modules() if isinstance(m, nn.BatchNorm2d)} == {(0.003, 1e-5)}


def test_convolutions_have_no_bias_and_the_classifier_has():
    _, network = built(CELLS[-1])
    assert all(m.bias is None for m in network.modules() if isinstance(m, nn.Conv2d))
    assert network.classifier.bias.shape == (10,)
