"""The networks of NAS-Bench-201: sizes of all cells, values and gradients of the benchmark's own forward."""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from itertools import combinations_with_replacement

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench.networks import nats
from zsbench.networks.nats import AveragePool3x3, cell_network, thin_cell_network
from zsbench.registry import find_space
from zsbench.spaces import cell201

NONE, SKIP, CONV1, CONV3, POOL = cell201.OPERATIONS
CELLS = {
    "all operations": (CONV3, CONV1, SKIP, POOL, NONE, CONV3),
    "cut convolution": (NONE, SKIP, CONV1, NONE, POOL, CONV1),
    "nothing at a node": (SKIP, NONE, NONE, CONV3, POOL, CONV1),
    "dead": (NONE, NONE, CONV3, NONE, SKIP, NONE),
    "first of the benchmark": (POOL, CONV1, SKIP, CONV1, SKIP, SKIP),
}


@pytest.fixture
def on_meta(monkeypatch):
    """Build without memory and without drawing weights."""
    for kind in (nn.Conv2d, nn.BatchNorm2d, nn.Linear):
        monkeypatch.setattr(kind, "reset_parameters", lambda self: None)
    with torch.device("meta"):
        yield


def closed_form(operations, classes):
    counts = Counter(operations)
    return 73_306 + 65 * (classes - 10) + 28_000 * counts[CONV1] + 243_040 * counts[CONV3]


def size(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("operations", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "ImageNet16-120"])
def test_a_network_has_the_published_number_of_parameters(operations, dataset):
    space = find_space("nb201")
    digits = tuple(cell201.OPERATIONS.index(name) for name in operations)
    network = space.network(cell201.to_string(digits), dataset)
    assert size(network) == closed_form(operations, space.dataset(dataset).classes)


def test_many_choices_of_six_operations_have_the_published_number_of_parameters(on_meta):
    for operations in list(combinations_with_replacement(cell201.OPERATIONS, 6))[::5]:
        assert size(cell_network(operations, 10)) == closed_form(operations, 10)


def test_all_cells_have_the_published_number_of_parameters(on_meta, monkeypatch):
    # Operations and reduction blocks are built once a width, equal cells once a stage; all that is put together anew.
    monkeypatch.setattr(nats, "_operation", cache(nats._operation))
    monkeypatch.setattr(nats, "ReductionBlock", cache(nats.ReductionBlock))
    monkeypatch.setattr(nats, "Cell", lru_cache(maxsize=3)(nats.Cell))
    shared_size = cache(size)

    def size_of_stages(operations):
        parts = []
        for stage in nats._stages(operations, 16, 5):
            parts += stage.operations.values() if hasattr(stage, "operations") else [stage]
        return sum(map(shared_size, parts))

    empty = cell_network((NONE,) * 6, 10)
    rest = size(empty) - size_of_stages((NONE,) * 6)
    assert rest == sum(map(size, (empty.stem, empty.last, empty.classifier)))
    cells = [cell201.operations_of(cell201.digits_of(index)) for index in range(15_625)]
    found = [rest + size_of_stages(operations) for operations in cells]
    assert found == [closed_form(operations, 10) for operations in cells]
    assert len(set(cells)) == 15_625
    assert len(set(found)) == 28


class Written:
    """The benchmark's forward from its description, by functional calls on the weights of a network of ours."""

    def __init__(self, network, operations, cells):
        self.operations, self.cells = operations, cells
        self.weights = iter(network.parameters())

    def conv_bn(self, x, stride=1, *, relu=True):
        weight, scale, shift = next(self.weights), next(self.weights), next(self.weights)
        x = functional.conv2d(x.relu() if relu else x, weight, stride=stride, padding=weight.shape[-1] // 2)
        return functional.batch_norm(x, None, None, scale, shift, training=True)

    def edge(self, name, x):
        if name == NONE:
            return x * 0.0
        if name == SKIP:
            return x
        if name == POOL:
            return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        return self.conv_bn(x)

    def cell(self, x):
        to_1, to_2, to_2_from_1, to_3, to_3_from_1, to_3_from_2 = self.operations
        node_1 = self.edge(to_1, x)
        node_2 = self.edge(to_2, x) + self.edge(to_2_from_1, node_1)
        return self.edge(to_3, x) + self.edge(to_3_from_1, node_1) + self.edge(to_3_from_2, node_2)

    def reduction(self, x):
        y = self.conv_bn(x, stride=2)
        y = self.conv_bn(y)
        return functional.conv2d(functional.avg_pool2d(x, 2, 2), next(self.weights)) + y

    def __call__(self, x):
        x = self.conv_bn(x, relu=False)
        for stage in range(3):
            x = self.reduction(x) if stage else x
            for _ in range(self.cells):
                x = self.cell(x)
        features = functional.batch_norm(x, None, None, next(self.weights), next(self.weights), training=True).relu()
        logits = features.mean((2, 3)) @ next(self.weights).T + next(self.weights)
        assert next(self.weights, None) is None
        return features, logits


@pytest.mark.parametrize("operations", CELLS.values(), ids=CELLS)
def test_values_and_gradients_are_those_of_the_benchmark_s_forward(operations):
    torch.manual_seed(0)
    network = cell_network(operations, 10, channels=4, cells=2).double().train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    x, y = torch.randn(4, 3, 16, 16, dtype=torch.float64), torch.tensor([0, 3, 9, 3])
    features, logits = Written(network, operations, 2)(x)
    torch.testing.assert_close(network(x), logits)
    torch.testing.assert_close(network.forward_features(x), features)
    parameters = list(network.parameters())
    ours, theirs = (
        torch.autograd.grad(functional.cross_entropy(z, y), parameters, allow_unused=True, materialize_grads=True)
        for z in (network(x), logits)
    )
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 4, 8, 8), (1, 3, 3, 5), (2, 1, 1, 1), (2, 2, 2, 3)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_average_pooling_is_that_of_torch(shape, memory_format):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64).contiguous(memory_format=memory_format)
    weights = torch.randn(shape, generator=generator, dtype=torch.float64)
    values = []
    for pool in (AveragePool3x3(), nn.AvgPool2d(3, 1, 1, count_include_pad=False)):
        leaf = x.clone().requires_grad_()
        pooled = pool(leaf)
        (pooled.square() * weights).sum().backward()
        values.append((pooled, leaf.grad))
    torch.testing.assert_close(values[0], values[1])


def macs_and_others(operations, classes, image):
    """Closed forms of multiply-accumulates, and of BatchNorm, ReLU and pooling (every spatial term scales)."""
    counts = Counter(operations)
    area = (image / 32) ** 2
    macs = (7_782_400 + 3_932_160 * counts[CONV1] + 35_389_440 * counts[CONV3]) * area + 64 * classes
    convolutions = counts[CONV1] + counts[CONV3]
    pooling_out = 64 * (image // 4 + 1) ** 2
    everything = (131_072 + 24_576 + 430_080 * convolutions + 1_290_240 * counts[POOL]) * area + pooling_out
    return macs, everything


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "ImageNet16-120"])
@pytest.mark.parametrize("operations", CELLS.values(), ids=CELLS)
def test_operations_follow_the_closed_forms(operations, dataset):
    given = find_space("nb201").dataset(dataset)
    network = cell_network(operations, given.classes)
    counts = {"macs": 0, "others": 0}

    def note(module, inputs, output):
        match module:
            case nn.Conv2d():
                counts["macs"] += output[0].numel() * module.weight[0].numel()
            case nn.Linear():
                counts["macs"] += module.weight.numel()
            case nn.BatchNorm2d():
                counts["others"] += 2 * output[0].numel()
            case nn.ReLU():
                counts["others"] += output[0].numel()
            case nn.AvgPool2d():
                counts["others"] += output[0].numel() * module.kernel_size**2
            case nn.AdaptiveAvgPool2d():
                counts["others"] += inputs[0].shape[1] * (inputs[0].shape[2] + 1) ** 2

    for module in network.modules():
        module.register_forward_hook(note)
    with torch.no_grad():
        network(torch.zeros(1, 3, given.size, given.size))
    assert (counts["macs"], counts["others"]) == macs_and_others(operations, given.classes, given.size)


def test_flops_order_cells_as_parameters_do():
    space = find_space("nb201")
    for dataset in space.datasets:
        pairs = {
            (int(p), int(m)) for p, m in zip(space.parameters(dataset.name), space.macs(dataset.name), strict=True)
        }
        by_parameters, by_macs = sorted(pairs), sorted(pairs, key=lambda pair: pair[1])
        assert by_parameters == by_macs
        assert len(pairs) == len({p for p, _ in pairs}) == len({m for _, m in pairs}) == 28


def test_the_thin_network_has_one_channel_and_one_cell_a_stage():
    network = thin_cell_network(CELLS["all operations"])
    widths = [m.in_channels for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len([m for m in network if isinstance(m, nats.Cell)]) == 3
    assert (min(widths), max(widths)) == (1, 4)
    assert not any(isinstance(m, nn.Linear) for m in network.modules())
    assert network(torch.randn(5, 1, 3, 3)).shape == (5, 4, 1, 1)


def test_an_unknown_operation_is_refused():
    with pytest.raises(ValueError, match="no such operation: conv_5x5"):
        cell_network(("conv_5x5", *[SKIP] * 5), 10)


def test_dead_cells_do_not_see_their_input():
    dead = np.flatnonzero(find_space("nb201").dead())
    assert len(dead) == 341
    for index in dead[::100]:
        network = cell_network(cell201.operations_of(cell201.digits_of(int(index))), 10, channels=2, cells=1)
        x = torch.randn(2, 3, 8, 8, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x).sum(), x, allow_unused=True, materialize_grads=True)
        assert not gradient.any()
