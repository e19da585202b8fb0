"""Accuracies in other people's files of scores: stored under names that say what they are."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.registry import find_space
from zsbench.truths.importing import import_file

NB201 = find_space("nb201")


def save(tmp_path: Path, content, name="zc_nasbench201.json") -> Path:
    path = tmp_path / name
    path.write_bytes(pickle.dumps(content, protocol=3) if name.endswith(".p") else json.dumps(content).encode())
    return path


def entries(space, **accuracies):
    """Return entries of architectures by index, `i5=91.5`."""
    return {
        space.exchange_key(int(name[1:])): {"synflow": {"score": 1.0, "time": 1.0}, "val_accuracy": value}
        for name, value in accuracies.items()
    }


def values(space, dataset, target):
    """Return a truth column."""
    return space.truth(dataset, target).values  # noqa: PD011 (no data frame)


def test_what_is_called_validation_accuracy_is_the_test_accuracy_of_one_training(tmp_path):
    content = {name: entries(NB201, i5=60.5, i7=59.99999997558594) for name in ("cifar10", "ImageNet16-120")}
    imported, _ = import_file(NB201, save(tmp_path, content))
    assert imported.name == "suite-zero"
    assert {name for name in NB201.targets("cifar10") if "@suite-zero" in name} == {"test-one-run@suite-zero"}
    found = values(NB201, "cifar10", "test-one-run@suite-zero")
    assert (found[5], found[7], np.isfinite(found).sum()) == (60.5, 60.0, 2)
    source = NB201.truth("cifar10", "test-one-run").source
    assert "test accuracy of one training (seed 888) on half of the training images" in source
    assert "test" not in NB201.targets("cifar10")
    assert "half" not in NB201.truth("ImageNet16-120", "test-one-run").source


@pytest.mark.usefixtures("nb101_cells")
def test_that_of_nas_bench_101_is_the_validation_accuracy_of_one_training(tmp_path):
    space = find_space("nb101")
    import_file(space, save(tmp_path, {"cifar10": entries(space, i3=91.1)}, "zc_nasbench101.json"))
    assert values(space, "cifar10", "valid-one-run@suite-zero")[3] == 91.1


def test_those_of_tasks_are_in_the_task_s_own_quantity(tmp_path):
    space = find_space("transnas-micro")
    content = {"room_layout": entries(space, i3=-0.7), "segmentsemantic": entries(space, i3=94.0)}
    import_file(space, save(tmp_path, content, "zc_transbench101_micro.json"))
    assert values(space, "room_layout", "valid-best@suite-zero")[3] == -0.7
    assert values(space, "segmentsemantic", "valid-acc-best@suite-zero")[3] == 94.0


def test_pickles_of_zero_cost_nas_have_means_of_the_first_version(tmp_path):
    record = {"i": 5, "arch": NB201.arch(5), "logmeasures": {"snip": 1.0}, "valacc": 84.0, "testacc": 83.0}
    import_file(NB201, save(tmp_path, record, "nb2_cf10_seed42.p"))
    assert values(NB201, "cifar10", "valid-v1.0@zero-cost-nas")[5] == 84.0
    assert values(NB201, "cifar10", "test-25k-v1.0@zero-cost-nas")[5] == 83.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"cifar10": entries(NB201, i5=0.915, i7=0.9)}, "no val_accuracy in per cent: the highest of cifar10 is 0.915"),
        ({"cifar10": entries(NB201, i5=915.0)}, "915.0 is not in the range of accuracies in per cent"),
        ({"cifar10": {NB201.exchange_key(5): {"synflow": {"score": 1, "time": 1}}}}, "has no accuracies"),
    ],
)
def test_a_file_without_accuracies_in_per_cent_is_refused_and_nothing_stored(tmp_path, content, message):
    with pytest.raises(ZsbenchError) as caught:
        import_file(NB201, save(tmp_path, content))
    assert message in caught.value.message
    assert not any("@suite-zero" in name for name in NB201.targets("cifar10"))


def test_what_is_left_out_is_warned_of(tmp_path):
    content = {"cifar10": entries(NB201, i5=91.5), "svhn": entries(NB201, i5=95.0)}
    with pytest.warns(ZsbenchWarning, match="1 networks of svhn are left out"):
        import_file(NB201, save(tmp_path, content))


@pytest.mark.reference
def test_published_samples_are_what_their_targets_say(reference):
    import_file(NB201, reference / "data" / "nb201_suitezero_sample.json.gz")
    known = pd.read_csv(reference / "data" / "nb201_truth.csv.gz").set_index("index")
    runs = pd.read_csv(reference / "data" / "nb201_cifar10_test_seeds.csv.gz").set_index("index")
    for dataset, column in (("cifar100", "v11_cifar100_test_acc"), ("cifar10", "v11_cifar10valid_test_acc")):
        found = values(NB201, dataset, "test-one-run")
        there = np.flatnonzero(np.isfinite(found))
        assert len(there) == 200
        once = [i for i in there if np.isnan(runs["cifar10_test_acc_run2"][i])]
        assert len(once) > 10
        np.testing.assert_allclose(found[once], known[column][once], atol=2e-4)
    micro = find_space("transnas-micro")
    import_file(micro, reference / "data" / "transnas_suitezero_sample.json.gz")
    table = pd.read_csv(reference / "data" / "transnas101_truth.csv.gz")
    table = table[table["space"] == "micro"].reset_index(drop=True)
    found = values(micro, "normal", "valid-best@suite-zero")
    there = np.flatnonzero(np.isfinite(found))
    np.testing.assert_allclose(found[there], table["normal_valid_ssim"][there], atol=1e-6)
