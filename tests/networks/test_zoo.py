"""The model zoo's networks: a few small ones of each make."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from zsbench.errors import ZsbenchError
from zsbench.networks.adapted import POOLS
from zsbench.networks.zoo import pool_whole_map, zoo_network
from zsbench.registry import find_space

IMAGENET = ("mobilenet_wd4", "squeezenet_v1_1", "espnetv2_wd2", "shufflenetv2b_wd2")
CIFAR10 = ("resnet20_cifar10", "nin_cifar10", "xdensenet40_2_k24_bc_cifar10", "shakeshakeresnet20_2x16d_cifar10")
OF = {
    **dict.fromkeys(IMAGENET, "zoo-imagenet"),
    **dict.fromkeys(CIFAR10, "zoo-cifar10"),
    "resnet20_cifar100": "zoo-cifar100",
}


def built(name: str) -> nn.Module:
    space = find_space(OF.get(name, "zoo-imagenet"))
    torch.manual_seed(1)
    return space.network(name, space.datasets[0].name).train()


def images(name: str, n: int = 2) -> torch.Tensor:
    (dataset,) = find_space(OF.get(name, "zoo-imagenet")).datasets
    return torch.randn(n, 3, dataset.size, dataset.size)


@pytest.fixture
def undrawn(monkeypatch):
    """Leave weights as memory has them: drawing them takes most of the time."""
    for name in ("kaiming_uniform_", "kaiming_normal_", "uniform_", "normal_"):
        monkeypatch.setattr(nn.init, name, lambda tensor, *_, **__: tensor)


@pytest.mark.parametrize("name", OF)
@pytest.mark.usefixtures("undrawn")
def test_a_network_has_the_parameters_multiply_accumulates_and_classes_that_its_space_states(name):
    space, network, macs = find_space(OF[name]), built(name), []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(lambda m, _, output: macs.append(output[0].numel() * m.weight[0].numel()))
    with torch.no_grad():
        logits = network(images(name))
    facts = space.facts(space.index(name))
    assert logits.shape == (2, space.datasets[0].classes)
    assert (sum(weights.numel() for weights in network.parameters()), sum(macs)) == (facts["params"], facts["macs"])


@pytest.mark.parametrize("name", ["squeezenet_v1_1", "shakeshakeresnet20_2x16d_cifar10"])
def test_what_is_random_in_training_is_off(name):
    network, x = built(name), images(name)
    with torch.no_grad():
        assert torch.equal(network(x), network(x))


def test_batch_norm_takes_the_statistics_of_the_batch():
    network, x = built("resnet20_cifar10"), images("resnet20_cifar10", 4)
    with torch.no_grad():
        assert not torch.allclose(network(x)[:2], network(x[:2]))
        assert torch.allclose(network.eval()(x)[:2], network(x[:2]), atol=1e-5)


def test_weights_are_a_function_of_the_seed():
    one, other = built("xdensenet40_2_k24_bc_cifar10"), built("xdensenet40_2_k24_bc_cifar10")
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("name", "channels", "size"),
    [
        ("mobilenet_wd4", 256, 7),
        ("squeezenet_v1_1", 512, 13),
        ("espnetv2_wd2", 1024, 7),
        ("efficientnet_b0", 1280, 7),
        ("inceptionv3", 2048, 5),
        ("nin_cifar10", 192, 8),
        ("resnet20_cifar100", 64, 8),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_feature_maps_are_those_before_global_pooling(name, channels, size):
    """Also of networks made for 299 pixels, which at 224 average the whole map."""
    network, x = built(name), images(name)
    with torch.no_grad():
        assert network.forward_features(x).shape == (2, channels, size, size)
        assert network(x).shape[0] == 2


def test_logits_follow_from_the_feature_maps():
    network, x = built("resnet20_cifar10"), images("resnet20_cifar10")
    with torch.no_grad():
        pooled = network.forward_features(x).mean(dim=(2, 3))
        assert torch.allclose(network.network.output(pooled), network(x), atol=1e-5)


def test_only_a_final_pooling_of_fixed_extent_is_made_to_fit():
    def kinds(*modules):
        network = nn.Sequential(nn.Sequential(nn.AvgPool2d(3), nn.ReLU()), *modules)
        pool_whole_map(network)
        return [type(module) for module in network.modules() if isinstance(module, POOLS)]

    assert kinds(nn.AvgPool2d(8)) == [nn.AvgPool2d, nn.AdaptiveAvgPool2d]
    assert kinds(nn.AdaptiveAvgPool2d(1)) == [nn.AvgPool2d, nn.AdaptiveAvgPool2d]


def test_the_package_missing_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorchcv", None)
    monkeypatch.delitem(sys.modules, "pytorchcv.models", raising=False)
    monkeypatch.delitem(sys.modules, "pytorchcv.models.resnet", raising=False)
    with pytest.raises(ZsbenchError) as caught:
        zoo_network("resnet", "resnet18", 224)
    assert caught.value.hint == "pip install --no-deps pytorchcv==0.0.74"


def test_a_network_that_the_package_lacks_is_named():
    with pytest.raises(ZsbenchError, match="no network called resnet19"):
        zoo_network("resnet", "resnet19", 224)
