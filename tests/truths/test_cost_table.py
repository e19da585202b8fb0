"""What networks cost, from tables: units, datasets, what is missing, and counts that are not those of the networks."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from zsbench.errors import UsageError, ZsbenchError, ZsbenchWarning
from zsbench.registry import find_space
from zsbench.spaces.base import Truth
from zsbench.stats import parse_regimes
from zsbench.tables.correlations import ranked_networks
from zsbench.truths.cost_table import WantedCost, parse_cost
from zsbench.truths.costs import disagreement
from zsbench.truths.files import imported_files, read_cost
from zsbench.truths.importing import Storing, TableOptions, import_file

SPACE = find_space("nb201")
PARAMS = SPACE.costs("cifar10")["params"]


def table(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def costs(tmp_path: Path, text: str, *given: str, dataset: str | None = "cifar10", name: str = "t") -> dict:
    options = TableOptions(costs=given or ("all",), dataset=dataset)
    import_file(SPACE, table(tmp_path, text), options, storing=Storing(name, replace=True))
    return SPACE.imported_costs(dataset or "cifar10")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("latency:raspi4=raspi4_ms", ("cifar10", "latency:raspi4", "raspi4_ms", 1.0)),
        ("latency:raspi4=lat:us", ("cifar10", "latency:raspi4", "lat", 1e-3)),
        ("latency:raspi4=a:b_us:S", ("cifar10", "latency:raspi4", "a:b_us", 1e3)),
        ("cifar100:energy:tpu=e_MJ", ("cifar100", "energy:tpu", "e_MJ", 1.0)),
        ("energy:tpu=e_mj:J", ("cifar10", "energy:tpu", "e_mj", 1e3)),
        ("intensity:eyeriss=x", ("cifar10", "intensity:eyeriss", "x", 1.0)),
        ("params=p:M", ("cifar10", "params", "p", 1e6)),
        ("imagenet16-120:flops=f", ("ImageNet16-120", "flops", "f", 1.0)),
    ],
)
def test_a_cost_is_read_with_its_dataset_and_unit(text, wanted):
    assert parse_cost(text, SPACE, "cifar10") == WantedCost(*wanted)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("latency:raspi4", "cannot read the cost"),
        ("latency=raspi4_ms", "cannot read the cost"),
        ("latency:=raspi4_ms", "cannot read the cost"),
        ("latency:a/b=raspi4_ms", "cannot read the cost"),
        ("=x", "cannot read the cost"),
        ("latency:raspi4=lat", "in which unit is the column 'lat' of latency:raspi4?"),
        ("latency:raspi4=lat:mJ", "in which unit is the column"),
        ("energy:tpu=lat_ms", "in which unit is the column"),
        ("cifar11:latency:raspi4=lat_ms", "unknown dataset of nb201 'cifar11'"),
    ],
)
def test_a_cost_that_cannot_be_read_says_why(text, message):
    with pytest.raises(UsageError) as caught:
        parse_cost(text, SPACE, "cifar10")
    assert message in caught.value.message
    assert caught.value.hint


def test_columns_whose_names_tell_are_taken_and_the_others_left(tmp_path):
    header = "index,raspi4_latency_ms,edgegpu_energy_mj,titan_32_us,eyeriss_arithmetic_intensity,note,acc"
    text = f"{header}\n3,1.5,2,7000,6,a,9\n"
    found = costs(tmp_path, text)
    plain = {name: values[3] for name, values in found.items() if "@" not in name}
    assert plain == {"latency:raspi4": 1.5, "energy:edgegpu": 2, "latency:titan_32": 7, "intensity:eyeriss": 6}
    assert all(np.isnan(values).sum() == len(SPACE) - 1 for values in found.values())


def test_no_column_that_tells_asks_for_names(tmp_path):
    with pytest.raises(UsageError, match="no column's name says device and unit") as caught:
        costs(tmp_path, "index,raspi4\n3,1.5\n")
    assert "index, raspi4" in caught.value.hint


def test_rows_of_several_datasets_are_told_apart_by_a_column(tmp_path):
    text = "index,dataset,tpu_ms\n3,cifar10,1\n3,cifar100,2\n4,CIFAR100,3\n"
    costs(tmp_path, text, dataset=None)
    assert SPACE.imported_costs("cifar10")["latency:tpu"][3] == 1
    assert SPACE.imported_costs("cifar100")["latency:tpu"][3:5].tolist() == [2, 3]
    assert SPACE.imported_costs("ImageNet16-120") == {}
    assert set(costs(tmp_path, text, dataset="cifar100", name="u")) == {"latency:tpu"} | {
        f"latency:tpu@{name}" for name in "tu"
    }
    with pytest.raises(UsageError, match="no rows of ImageNet16-120"):
        costs(tmp_path, text, dataset="ImageNet16-120")


def test_a_table_that_does_not_say_its_dataset_is_asked_for_it(tmp_path):
    with pytest.raises(UsageError, match="which dataset does latency:tpu belong to"):
        costs(tmp_path, "index,tpu_ms\n3,1\n", dataset=None)


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("index,tpu_ms\n3,fast\n", "all", "1 entries of column tpu_ms are no latency:tpu: row 1: 'fast'"),
        ("index,tpu_ms\n3,1\n4,-2\n", "all", "row 2: -2"),
        ("index,tpu_ms\n3,inf\n", "all", "row 1: inf"),
        ("index,tpu_ms\n3,1\n3,2\n", "all", "with different values in column tpu_ms: 1 and 2"),
        ("index,tpu_ms\n3,\n", "all", "column tpu_ms has no value at all"),
        ("index,tpu_ms\n99999,1\n", "all", "1 of 1 rows of t.csv name no architecture of nb201"),
        ("index,tpu_ms\n3,1\n", "latency:tpu=tpu_mss:ms", "unknown column of t.csv"),
        ("index,a_ms,b_ms\n3,1,2\n", "twice", "two columns are given for latency:x of cifar10"),
    ],
)
def test_bad_content_is_one_line_and_nothing_is_stored(tmp_path, text, given, message):
    names = ("latency:x=a_ms", "latency:x=b_ms") if given == "twice" else (given,)
    with pytest.raises(ZsbenchError) as caught:
        costs(tmp_path, text, *names)
    assert message in caught.value.message
    assert imported_files("nb201") == []


def test_minus_one_is_a_network_without_a_number(tmp_path):
    found = costs(tmp_path, "index,tpu_ms\n3,-1\n4,2\n5,-1.0\n")
    assert np.flatnonzero(np.isfinite(found["latency:tpu"])).tolist() == [4]
    (imported,) = imported_files("nb201")
    assert imported.costs[0][2].endswith("2 networks have none (-1: they did not compile)")


def test_the_latest_import_of_a_device_has_its_plain_name_and_all_keep_their_own(tmp_path):
    costs(tmp_path, "index,tpu_ms\n3,1\n", name="old")
    found = costs(tmp_path, "index,tpu_ms\n3,2\n", name="new")
    assert {name: values[3] for name, values in found.items()} == {
        "latency:tpu": 2,
        "latency:tpu@old": 1,
        "latency:tpu@new": 2,
    }


def test_what_the_space_counts_itself_is_never_replaced(tmp_path):
    text = "index,p\n" + "".join(f"{i},{PARAMS[i] / 1e6:.6f}\n" for i in range(100))
    costs(tmp_path, text, "params=p:M", name="theirs")
    every = SPACE.all_costs("cifar10")
    np.testing.assert_array_equal(every["params"], PARAMS)
    np.testing.assert_allclose(every["params@theirs"][:100], PARAMS[:100])


def test_counts_that_are_not_those_of_the_networks_are_counted_and_said(tmp_path):
    stated = PARAMS[:100] / 1e6
    stated[[7, 40]] += (0.1, -0.2)
    text = "index,p\n" + "".join(f"{i},{p:.6f}\n" for i, p in enumerate(stated))
    with pytest.warns(
        ZsbenchWarning, match=r"2 of 100 architectures have other params .* up to 200,000 \(the first: 7\)"
    ):
        costs(tmp_path, text, "params=p:M")
    assert disagreement(SPACE, "cifar10", "params", PARAMS) is None
    assert disagreement(SPACE, "cifar10", "latency:x", PARAMS) is None


def test_an_altered_column_of_costs_is_refused(tmp_path):
    costs(tmp_path, "index,tpu_ms\n3,1\n")
    (imported,) = imported_files("nb201")
    with h5py.File(imported.path, "a") as file:
        file["costs/cifar10/latency:tpu/values"][3] = 9
    with pytest.raises(ZsbenchError, match="is altered: costs/cifar10/latency:tpu"):
        read_cost(imported, "cifar10", "latency:tpu")


def test_truth_and_costs_of_one_table_are_one_import(tmp_path):
    path = table(tmp_path, "index,acc,tpu_ms\n3,91,5\n")
    import_file(SPACE, path, TableOptions(("test=acc",), "cifar10", costs=("all",)))
    assert SPACE.truth("cifar10", "test").values[3] == 91
    assert SPACE.imported_costs("cifar10")["latency:tpu"][3] == 5
    (imported,) = imported_files("nb201")
    assert [column[:2] for column in (*imported.columns, *imported.costs)] == [
        ("cifar10", "test"),
        ("cifar10", "latency:tpu"),
    ]


@pytest.mark.reference
def test_nats_bench_averages_wrong_parameters_of_204_architectures(reference):
    options = TableOptions(costs=("params=params_m_reported:M",), dataset="cifar10")
    with pytest.warns(ZsbenchWarning, match="204 of 15,625 architectures have other params than their networks"):
        import_file(SPACE, reference / "data" / "nb201_truth.csv.gz", options)
    wrong = PARAMS - SPACE.imported_costs("cifar10")["params"]
    assert [int((wrong > 0.5).sum()), int((wrong < -0.5).sum())] == [175, 29]
    assert np.abs(wrong).max() == pytest.approx(0.162e6, abs=500)


@pytest.mark.reference
def test_latencies_of_help_are_imported_by_the_names_of_their_columns(reference):
    options = TableOptions(costs=("all",), dataset="cifar10")
    import_file(SPACE, reference / "data" / "devices_latency_nb201.csv.gz", options)
    found = {name for name in SPACE.imported_costs("cifar10") if "@" not in name}
    assert len(found) == 27
    assert {"latency:1080ti_256", "latency:samsung_s7", "latency:raspi4"} <= found


@pytest.mark.parametrize(("name", "archs"), [("macro", ("02012100", "11111111")), ("nats-sss", ("8:8:8:16:32", "284"))])
def test_a_latency_table_of_any_space_serves_its_regimes(tmp_path, name, archs):
    space = find_space(name)
    path = table(tmp_path, f"arch,phone_latency_ms\n{archs[0]},19.9\n{archs[1]},20.1\n")
    import_file(space, path, TableOptions(costs=("all",), dataset=space.datasets[0].name))
    index = np.sort([space.index(arch) for arch in archs])
    truth = Truth("test", np.arange(len(space), dtype=float), "made up")
    (regime,) = parse_regimes("latency:phone<=20ms")
    found = ranked_networks(index, space.datasets[0].name, space, truth, regime)
    assert found.tolist() == [space.index(archs[0])]
