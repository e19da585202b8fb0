"""Networks of anybody's making, as they are measured."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from zsbench.conditions import Conditions
from zsbench.errors import UnsupportedError
from zsbench.evaluate.network import score_subject
from zsbench.inputs import Batch, Inputs
from zsbench.networks.adapted import Adapted
from zsbench.probes import Subject
from zsbench.registry import proxies
from zsbench.score import Status


class Parts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        self.output = nn.Linear(4, 2)

    def forward(self, x):
        return self.output(self.features(x).mean(dim=(2, 3)))


class Own(Parts):
    def forward_features(self, x):
        return self.features(x) + 1


def chain(*last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), *last)


@pytest.fixture
def x():
    return torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_in_place_activations_leave_the_tensor_before_them_alone(x):
    network, seen = Adapted(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))), []
    network.network[0].register_forward_hook(lambda _m, _i, output: seen.append(output))
    network(x)
    assert (seen[0] < 0).any()


def test_dropout_is_off_and_batch_norm_on_in_train_mode(x):
    network = Adapted(chain(nn.Dropout(0.5))).train()
    with torch.no_grad():
        assert torch.equal(network(x), network(x))
        assert not torch.allclose(network(x)[:2], network(x[:2]))
        assert torch.allclose(network.eval()(x)[:2], network(x[:2]), atol=1e-6)


def test_a_module_that_asks_whether_it_trains_is_told_no(x):
    class Noisy(nn.Module):
        def forward(self, x):
            return functional.dropout(x, training=self.training)

    network = Adapted(nn.Sequential(Noisy())).train()
    assert torch.equal(network(x), x)


def test_frozen_parameters_are_no_weights_but_stay(x):
    inner = chain()
    inner[0].mask = nn.Parameter(torch.ones(3), requires_grad=False)
    network = Adapted(inner)
    assert sum(p.numel() for p in network.parameters()) == 4 * 27 + 4 + 8
    assert network.network[0].mask.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (chain(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)), lambda n, x: n[:3](x)),
        (chain(nn.AvgPool2d(2), nn.AvgPool2d(3), nn.Flatten()), lambda n, x: n[:4](x)),
        (chain(), lambda n, x: n(x)),
        (Parts(), lambda n, x: n.features(x)),
        (Own(), lambda n, x: n.features(x) + 1),
    ],
    ids=["adaptive", "fixed", "no pooling", "features", "own"],
)
def test_feature_maps_are_found(network, expected, x):
    adapted = Adapted(network).eval()
    with torch.no_grad():
        assert torch.equal(adapted.forward_features(x), expected(network, x))
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_without_maps_has_no_features(x):
    with pytest.raises(UnsupportedError, match="no feature maps"):
        Adapted(nn.Sequential(nn.Flatten(), nn.Linear(192, 2))).forward_features(x)


class Flattening(nn.Module):
    """Flattens maps larger than one pixel by `view`, as AlexNet and many tutorials do."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.output = chain(), nn.Linear(144, 3)

    def forward(self, x):
        return self.output(self.body(x).view(x.size(0), -1))


def test_a_network_that_flattens_by_view_gives_the_same_in_either_layout(x):
    plain = Adapted(Flattening()).train()
    expected = plain(x)
    placed = plain.to(memory_format=torch.channels_last)
    torch.testing.assert_close(placed(x.contiguous(memory_format=torch.channels_last)), expected)
    assert placed.network.output.weight.view(torch.int32).dtype == torch.int32


def test_all_proxies_measure_a_network_that_flattens_by_view():
    generator = np.random.default_rng(0)
    images = (generator.standard_normal((4, 3, 8, 8)).astype(np.float32) for _ in range(2))
    inputs = Inputs("made up", tuple(Batch(each, np.arange(4) % 3) for each in images), np.zeros((0, 1, 3, 3), "f4"))
    conditions = Conditions(torch="2", samples=4)
    subject = Subject("flat", lambda: Adapted(Flattening()), lambda: None, inputs, conditions, torch.device("cpu"))
    chosen = [one for one in proxies().values() if not one.is_aggregate]
    found = score_subject(subject, chosen)
    without = {name for name, outcome in found.items() if outcome.status is not Status.OK}
    assert without <= {"nn_mass", "nn_degree", "linear_regions", "zen", "zen_paper"}
    assert {"grasp", "gradsign", "ntk_cond", "synflow", "naswot"} <= found.keys() - without


class Strided(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(channels, 10, 1, stride=(2, 3))
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        return self.pool(self.shortcut(self.stem(x))).flatten(1)


@pytest.mark.parametrize("channels", [8, 16])
def test_a_stride_taken_before_a_1x1_convolution_changes_nothing(channels):
    own = Strided(channels).double()
    adapted = Adapted(deepcopy(own))
    images = torch.randn(2, 3, 13, 16, dtype=torch.float64)
    own(images).square().sum().backward()
    adapted(images).square().sum().backward()
    for (name, mine), theirs in zip(adapted.network.named_parameters(), own.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, msg=name)
    assert adapted.network.shortcut.stride == ((1, 1) if channels < 16 else (2, 3))


def test_a_strided_1x1_convolution_of_few_channels_does_not_crash_on_large_images():
    code = (
        "import torch; from torch import nn; from zsbench.networks.adapted import Adapted\n"
        "net = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1, stride=2)).to(memory_format=torch.channels_last)\n"
        "images = torch.randn(8, 3, 112, 112).contiguous(memory_format=torch.channels_last)\n"
        "Adapted(net)(images).sum().backward()\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
