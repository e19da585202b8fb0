"""The model zoo's cheap side: names, families, costs and accuracies; nothing here builds a network."""

from __future__ import annotations

import importlib.metadata

import numpy as np
import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.manifest import find_file
from zsbench.registry import find_space
from zsbench.stats import Population, parse_regimes
from zsbench.truths import zoo_embedded

SPACES = {"zoo-imagenet": 323, "zoo-cifar10": 70, "zoo-cifar100": 68}


@pytest.fixture(params=SPACES)
def space(request):
    return find_space(request.param)


def test_every_network_with_a_printed_error_is_there(space):
    assert len(space) == SPACES[space.name]
    (dataset,) = space.datasets
    suffix = "" if dataset.name == "ImageNet" else f"_{dataset.name}"
    names = {space.arch(index) for index in range(len(space))}
    printed = {
        name
        for name, row in zoo_embedded.rows().items()
        if row["error_value"] != "NA" and row["test_dataset"] == ("cf" if suffix else "in1k") and name.endswith(suffix)
    }
    assert names == printed


def test_names_and_indices_lead_back_to_the_network(space):
    for index in range(len(space)):
        assert space.index(space.arch(index)) == space.index(f" {index}") == index
    assert space.index(space.example.upper()) == space.index(space.example)


def test_a_misspelt_name_gets_a_suggestion():
    with pytest.raises(UsageError) as caught:
        find_space("zoo-imagenet").index("resnet5")
    assert "resnet50" in caught.value.hint


def test_a_name_like_no_other_gets_an_example_and_not_all_of_them():
    with pytest.raises(UsageError) as caught:
        find_space("zoo-imagenet").index("|||")
    assert caught.value.hint == "such as resnet18"


def test_parameters_are_those_that_the_package_states(space):
    stated = [int(zoo_embedded.rows()[entry.name]["net_weights"]) for entry in space.entries]
    assert space.costs(space.datasets[0].name)["params"].tolist() == stated


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet50b", 25_557_032, 4_089_184_256),
        ("alexnetb", 61_100_840, 714_188_480),
        ("efficientnet_b0", 5_288_548, None),
        ("darts", 4_718_752, None),
    ],
)
def test_costs_are_those_known_from_elsewhere(name, params, macs):
    """Parameters and multiply-accumulates of torchvision's networks of the same make."""
    space = find_space("zoo-imagenet")
    costs = {key: value[space.index(name)] for key, value in space.costs("ImageNet").items()}
    assert costs["params"] == params
    assert macs is None or costs["flops"] == macs


@pytest.mark.parametrize(
    ("space", "dataset", "target", "name", "accuracy"),
    [
        ("zoo-imagenet", "ImageNet", "valid", "resnet50", 93.67),
        ("zoo-imagenet", "ImageNet", "valid", "alexnet", 83.36),
        ("zoo-cifar10", "cifar10", "test", "resnet20_cifar10", 94.03),
        ("zoo-cifar100", "cifar100", "test", "resnet20_cifar100", 70.36),
    ],
)
def test_accuracies_are_what_the_printed_errors_leave(space, dataset, target, name, accuracy):
    truth = find_space(space).truth(dataset, target)
    assert truth.values[find_space(space).index(name)] == accuracy
    assert "pytorchcv 0.0.74" in truth.source


def test_accuracies_are_known_for_every_network(space):
    (dataset,) = space.datasets
    (target,) = {name.partition("@")[0] for name in space.targets(dataset.name)}
    values = space.truth(dataset.name, target).values
    assert values.shape == (len(space),)
    assert 50 < values.min() < values.max() < 100


def test_only_accuracies_on_imagenet_are_called_validation():
    targets = {name: set(find_space(name).targets(find_space(name).datasets[0].name)) for name in SPACES}
    assert targets == {
        "zoo-imagenet": {"valid", "valid@pytorchcv"},
        "zoo-cifar10": {"test", "test@pytorchcv"},
        "zoo-cifar100": {"test", "test@pytorchcv"},
    }


@pytest.mark.parametrize(
    ("text", "n", "some"),
    [
        ("family:ResNet", 28, "resnet18"),
        ("family:mobilenet", 21, "mobilenetv2_w1"),
        ("family:WRN", 1, "wrn50_2"),
        ("module:mobilenetv2", 8, "mobilenetv2_w1"),
        ("family:EfficientNet & params<=6M", None, "efficientnet_b0"),
    ],
)
def test_families_are_regimes(text, n, some):
    space, (regime,) = find_space("zoo-imagenet"), parse_regimes(text)
    everything, costs = np.arange(len(space)), space.costs("ImageNet")
    population = Population(
        space.truth("ImageNet", "valid").values, space.valid(), everything, costs, groups=space.groups()
    )
    chosen = regime.select(population)
    assert chosen[space.index(some)]
    assert n is None or chosen.sum() == n


def test_networks_of_one_make_state_equal_costs(space):
    same = [(entry, space.entries[space.index(entry.same_as)]) for entry in space.entries if entry.same_as]
    assert all((one.params, one.macs, one.module) == (first.params, first.macs, first.module) for one, first in same)
    assert all(not first.same_as and space.index(first.name) < space.index(one.name) for one, first in same)
    assert len(set(space.keys())) == len(space) - len(same)


def test_without_the_package_names_and_costs_are_there_and_accuracies_are_not(space, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    dataset = space.datasets[0].name
    assert len(space.costs(dataset)["params"]) == SPACES[space.name]
    assert space.targets(dataset) == {}


def test_a_missing_package_is_installed_without_what_it_asks_for(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ZsbenchError) as caught:
        find_file("zoo-networks").location()
    assert caught.value.hint == "pip install --no-deps pytorchcv==0.0.74"


def test_an_altered_table_is_noticed(tmp_path, monkeypatch):
    file = find_file("zoo-networks")
    copy = tmp_path / "table.csv"
    copy.write_bytes(file.read().replace(b'"resnet18",11689512,0896', b'"resnet18",11689512,0796'))
    monkeypatch.setattr(type(file), "location", lambda self: copy)
    zoo_embedded.rows.cache_clear()
    with pytest.raises(ZsbenchError, match="truncated or altered"):
        zoo_embedded.rows()
