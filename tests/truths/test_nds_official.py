from __future__ import annotations

import copy
import json
import math
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zsbench.errors import UnsupportedError, UsageError, ZsbenchError
from zsbench.registry import find_space
from zsbench.spaces.nds_cell import Cell, CellNet
from zsbench.spaces.nds_counts import CIFAR10, IMAGENET, count
from zsbench.truths.files import read_architectures
from zsbench.truths.importing import Storing, TableOptions, import_file
from zsbench.truths.space import MissingArchitecturesError, SpaceWithTruth

DARTS_NORMAL = [["sep_conv_3x3", 0], ["sep_conv_3x3", 1], ["sep_conv_3x3", 0], ["sep_conv_3x3", 1]]
DARTS_NORMAL += [["sep_conv_3x3", 1], ["skip_connect", 0], ["skip_connect", 0], ["dil_conv_3x3", 2]]
DARTS_REDUCE = [["max_pool_3x3", 0], ["max_pool_3x3", 1], ["skip_connect", 2], ["max_pool_3x3", 1]]
DARTS_REDUCE += [["max_pool_3x3", 0], ["skip_connect", 2], ["skip_connect", 2], ["max_pool_3x3", 1]]
AMOEBA_NORMAL = [["avg_pool_3x3", 0], ["conv_7x1_1x7", 1], ["sep_conv_3x3", 2], ["sep_conv_5x5", 0]]
AMOEBA_NORMAL += [["dil_sep_conv_3x3", 2], ["dil_sep_conv_3x3", 2], ["skip_connect", 4], ["dil_sep_conv_3x3", 4]]
AMOEBA_NORMAL += [["conv_7x1_1x7", 2], ["sep_conv_3x3", 4]]
AMOEBA_REDUCE = [["avg_pool_3x3", 0], ["dil_sep_conv_3x3", 1], ["sep_conv_3x3", 0], ["sep_conv_3x3", 0]]
AMOEBA_REDUCE += [["skip_connect", 2], ["sep_conv_7x7", 0], ["conv_7x1_1x7", 4], ["skip_connect", 4]]
AMOEBA_REDUCE += [["conv_7x1_1x7", 0], ["conv_7x1_1x7", 5]]


def entry(net: dict[str, Any], params: int, flops: int, final: float = 10.0, least: float = 9.5) -> dict[str, Any]:
    """Return an entry with all the fields of the official files."""
    curve = [60.0, least, final]
    return {
        "job_id": 1,
        "rng_seed": 1,
        "net": net,
        "optim": {"base_lr": 0.1, "wd": 0.0005, "max_ep": 3, "lr_policy": "cos", "mom": 0.9},
        "params": params,
        "flops": flops,
        "exp_mem": 1.5,
        "act_mem": 12,
        "prec_time": 0.1,
        "iter_time": 0.05,
        "min_test_top1": least,
        "train_ep_loss": [2.0, math.nan, 0.5],
        "train_ep_top1": [70.0, 30.0, 5.0],
        "test_ep_top1": curve,
        "train_it_loss": [],
        "train_it_top1": [],
    }


def cells(width: int, depth: int, normal: list[Any], reduce: list[Any], *concats: list[int]) -> dict[str, Any]:
    genotype = {"normal": normal, "normal_concat": concats[0], "reduce": reduce, "reduce_concat": concats[1]}
    return {"genotype": genotype, "width": width, "depth": depth, "aux": True, "drop_prob": 0.2}


def darts(width: int = 16, depth: int = 8) -> dict[str, Any]:
    return cells(width, depth, DARTS_NORMAL, DARTS_REDUCE, [2, 3, 4, 5], [2, 3, 4, 5])


def stages(block: str, ds: list[int], ws: list[int], muls: list[float] | None = None) -> dict[str, Any]:
    groups = [1, 2, 1, 2] if muls else []
    return {"block_type": block, "ds": ds, "ws": ws, "ss": [1, 1, 2, 2], "bot_muls": muls or [], "num_gs": groups}


AMOEBA = cells(32, 12, AMOEBA_NORMAL, AMOEBA_REDUCE, [3, 5, 6], [3, 6])
RESNEXT = stages("res_bottleneck_block", [1, 16, 1, 4], [16, 64, 128, 16], [0.0, 0.25, 0.25, 0.25])
PRINTED = {
    "nds-resnext-a": entry(RESNEXT, 83_002, 69_890_986, 9.61, 9.52),
    "nds-resnet": entry(stages("res_basic_block", [1, 12, 12, 12], [16, 24, 24, 40]), 594_138, 184_519_578, 6.51),
    "nds-vanilla": entry(stages("double_plain_block", [1, 12, 12, 12], [16, 24, 32, 40]), 689_770, 208_363_930, 15.65),
    "nds-amoeba": entry(AMOEBA, 4_190_314, 664_400_586, 6.73),
}
"""Entries of the official files as they are printed elsewhere (their learning curves are not)."""
DARTS_16_8 = entry(darts(), 246_106, 40_000_000, 7.5, 7.25)


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def json_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes an official file."""

    def written(*content: Any, name: str = "DARTS.json") -> Path:
        return write(tmp_path / name, list(content))

    return written


def nds(name: str) -> SpaceWithTruth:
    space = find_space(name)
    assert isinstance(space, SpaceWithTruth)
    return space


@pytest.mark.parametrize(
    ("name", "final"), [("nds-resnext-a", 90.39), ("nds-resnet", 93.49), ("nds-vanilla", 84.35), ("nds-amoeba", 93.27)]
)
def test_a_printed_entry_is_imported_with_its_counts_and_accuracies(tmp_path: Path, name: str, final: float) -> None:
    space = nds(name)
    raw = PRINTED[name]
    _, columns = import_file(space, write(tmp_path / "given.json", [raw]))
    assert len(space) == 1
    assert space.truth(space.datasets[0].name, "test").values.tolist() == [final]
    assert space.truth(space.datasets[0].name, "test-best").values.tolist() == [round(100 - raw["min_test_top1"], 4)]
    costs = space.costs("cifar10")
    assert costs["params"].tolist() == [raw["params"]]
    assert costs["flops_file"].tolist() == [raw["flops"]]
    assert "params of 1 of 1 entries equal ours (1 networks built)" in columns[0].what
    assert ("flops of 1" in columns[0].what) == (name != "nds-amoeba")
    assert "after the last of 3 epochs" in columns[0].what
    assert space.index(space.arch(0)) == 0


def test_the_notation_of_printed_entries(tmp_path: Path) -> None:
    for name, raw in PRINTED.items():
        import_file(nds(name), write(tmp_path / "given.json", [raw]))
    archs = {name: nds(name).arch(0) for name in PRINTED}
    assert archs["nds-resnext-a"] == "res_bottleneck_block/16k3s1/16x64s1b0.25g2/1x128s2b0.25g1/4x16s2b0.25g2"
    assert archs["nds-vanilla"] == "double_plain_block/16k3s1/12x24s1/12x32s2/12x40s2"
    assert archs["nds-amoeba"].startswith("w32d12/avg_pool_3x3~0+conv_7x1_1x7~1|sep_conv_3x3~2+sep_conv_5x5~0|")
    assert archs["nds-amoeba"].endswith("|conv_7x1_1x7~0+conv_7x1_1x7~5>3.6")


def several() -> list[dict[str, Any]]:
    """Three networks, the second of them trained twice."""
    normal, reduce = (Cell(tuple((op, s) for op, s in c), (2, 3, 4, 5)) for c in (DARTS_NORMAL, DARTS_REDUCE))
    made = []
    for place, (width, depth) in enumerate([(16, 8), (16, 5), (16, 5), (8, 3)]):
        params = count(CellNet(width, depth, normal, reduce), CIFAR10).params
        made.append(entry(darts(width, depth), params, 1, 10.0 + place))
    return made


def test_the_index_is_the_place_in_the_file_and_a_network_trained_twice_is_there_twice(
    json_file: Callable[..., Path],
) -> None:
    space = nds("nds-darts")
    import_file(space, json_file(*several()))
    assert len(space) == 4
    assert space.truth("cifar10", "test").values.tolist() == [90, 89, 88, 87]
    assert space.arch(1) == space.arch(2) != space.arch(3)
    assert [space.index(space.arch(i)) for i in range(4)] == [0, 1, 1, 3]
    assert [space.index(str(i)) for i in range(4)] == [0, 1, 2, 3]
    assert space.representatives().tolist() == [0, 1, 1, 3]
    assert space.valid().tolist() == [True] * 4
    assert space.dead().tolist() == [False] * 4
    assert space.costs("cifar10")["depth"].tolist() == [8, 5, 5, 3]
    assert space.costs("cifar10")["width"].tolist() == [16, 16, 16, 8]
    operations = space.operations()
    assert operations["sep_conv_3x3"].tolist() == [5] * 4
    assert sum(counts[0] for counts in operations.values()) == 16
    assert sorted(space.sample(4).tolist()) == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="there is no architecture 4"):
        space.index("4")
    with pytest.raises(UsageError, match="none of the 4 networks"):
        space.index(space.arch(0).replace("w16", "w18"))


def test_our_multiply_accumulates_are_the_flops_and_the_proxy_counts_the_same(json_file: Callable[..., Path]) -> None:
    import torch

    space = nds("nds-darts")
    import_file(space, json_file(*several()))
    network = space.network(space.arch(3), "cifar10")
    macs: list[int] = []
    for module in network.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(lambda m, _, y: macs.append(y[0].numel() * m.weight[0].numel()))
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert sum(macs) == space.costs("cifar10")["flops"][3]
    assert sum(p.numel() for p in network.parameters()) == space.costs("cifar10")["params"][3]


@pytest.mark.parametrize("name", ["DARTS.json", "nds-darts.json", "whatever.json"])
def test_the_file_may_have_its_own_name_the_space_s_or_any_other(json_file: Callable[..., Path], name: str) -> None:
    imported, _ = import_file(nds("nds-darts"), json_file(DARTS_16_8, name=name))
    assert imported.name == name.removesuffix(".json")
    assert len(nds("nds-darts")) == 1


def test_the_archive_of_all_files_serves_every_space(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nds_data/DARTS.json", json.dumps([DARTS_16_8]))
        archive.writestr("nds_data/ResNet.json", json.dumps({"top": [PRINTED["nds-resnet"]], "mid": []}))
    for name in ("nds-darts", "nds-resnet"):
        imported, _ = import_file(nds(name), path)
        assert imported.name == "data"
        assert len(nds(name)) == 1
    with pytest.raises(ZsbenchError, match=r"holds no ENAS\.json, but nds_data/DARTS\.json, nds_data/ResNet\.json"):
        import_file(nds("nds-enas"), path)


def test_a_dictionary_of_lists_is_read_as_one_list(tmp_path: Path) -> None:
    content = {"top": several()[:3], "mid": several()[3:]}
    import_file(nds("nds-darts"), write(tmp_path / "DARTS.json", content))
    assert nds("nds-darts").truth("cifar10", "test").values.tolist() == [90, 89, 88, 87]


def test_a_training_that_broke_down_has_no_accuracy(json_file: Callable[..., Path]) -> None:
    broken = several()[3]
    broken["test_ep_top1"][-1] = math.nan
    import_file(nds("nds-darts"), json_file(DARTS_16_8, broken))
    assert np.isnan(nds("nds-darts").truth("cifar10", "test").values).tolist() == [False, True]
    assert nds("nds-darts").truth("cifar10", "test-best").values.tolist() == [92.75, 90.5]


def test_a_file_of_trainings_that_all_broke_down_has_no_column_of_their_ends(json_file: Callable[..., Path]) -> None:
    broken = changed(test_ep_top1=[50.0, 20.0, math.nan])
    _, columns = import_file(nds("nds-darts"), json_file(broken))
    assert [column.target for column in columns] == ["test-best"]


def changed(**fields: Any) -> dict[str, Any]:
    return copy.deepcopy(DARTS_16_8) | fields


def with_net(**fields: Any) -> dict[str, Any]:
    return changed(net=DARTS_16_8["net"] | fields)


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in DARTS_16_8.items() if name != field}


def with_genotype(**fields: Any) -> dict[str, Any]:
    return with_net(genotype=DARTS_16_8["net"]["genotype"] | fields)


BAD = {
    "no params": (without("params"), "entry 2: there is no params"),
    "no net": (without("net"), "entry 2: there is no net"),
    "no errors": (without("test_ep_top1"), "entry 2: there is no test_ep_top1"),
    "no least error": (without("min_test_top1"), "entry 2: there is no min_test_top1"),
    "short curve": (changed(test_ep_top1=[50.0, 10.0]), "entry 2: 2 test errors for 3 epochs"),
    "not per cent": (changed(test_ep_top1=[50.0, 10.0, 101]), "entry 2: test_ep_top1 has 101, no error in per cent"),
    "text": (changed(min_test_top1="7"), "entry 2: min_test_top1 has '7'"),
    "params": (changed(params=1.5), "entry 2: params is 1.5, no whole number"),
    "not an object": ([1], "entry 2: .* is no object with params"),
    "operation": (with_genotype(normal=[["conv_9x9", 0], *DARTS_NORMAL[1:]]), "entry 2: unknown operation 'conv_9x9'"),
    "state": (with_genotype(reduce=[["skip_connect", 2], *DARTS_REDUCE[1:]]), "cannot read state 2"),
    "nodes": (with_genotype(normal=AMOEBA_NORMAL), "has 10 operations instead of 8"),
    "concat": (with_genotype(normal_concat=[2, 9]), "cannot concatenate the states 2, 9"),
    "pair": (with_genotype(normal=[["skip_connect"], *DARTS_NORMAL[1:]]), "no pair of an operation and a state"),
    "width": (with_net(width=15), "there is no network of width 15"),
    "stages": (changed(net=RESNEXT), "there is no genotype"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_entry_of_an_unknown_shape_is_refused_by_name_and_nothing_is_imported(
    json_file: Callable[..., Path], tmp_path: Path, case: str
) -> None:
    raw, message = BAD[case]
    with pytest.raises(ZsbenchError, match=message) as caught:
        import_file(nds("nds-darts"), json_file(DARTS_16_8, raw))
    assert caught.value.exit_code == 1
    assert "\n" not in caught.value.message
    assert len(nds("nds-darts")) == 0
    assert not list((tmp_path / "own").rglob("*.h5"))


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (RESNEXT | {"block_type": "mystery"}, "there is no block 'mystery'"),
        (RESNEXT | {"block_type": "res_basic_block"}, "its blocks are res_basic_block, not res_bottleneck_block"),
        (RESNEXT | {"ws": [16, 64, 128]}, "of different lengths"),
        (RESNEXT | {"num_gs": [1, 3, 1, 2]}, "cannot split 16 inner channels into 3 groups"),
        (RESNEXT | {"bot_muls": [0.0, 0.25, 0.25, 0.0]}, "bot_muls has 0.0, no multiplier"),
        (RESNEXT | {"ss": [1, 1, 3, 2]}, "stage 2 has depth 1, width 128 and stride 3"),
    ],
)
def test_stages_of_an_unknown_shape_are_refused(
    json_file: Callable[..., Path], net: dict[str, Any], message: str
) -> None:
    with pytest.raises(ZsbenchError, match=message):
        import_file(nds("nds-resnext-a"), json_file(entry(net, 83_002, 1), name="ResNeXt-A.json"))


def test_errors_in_fractions_are_noticed(json_file: Callable[..., Path]) -> None:
    raw = changed(test_ep_top1=[0.5, 0.2, 0.08], min_test_top1=0.07)
    with pytest.raises(ZsbenchError, match=r"lie between 0\.07 and 0\.08: fractions, not per cent"):
        import_file(nds("nds-darts"), json_file(raw))


def test_the_file_of_another_space_is_refused_by_its_name(json_file: Callable[..., Path]) -> None:
    with pytest.raises(ZsbenchError, match="is the file of nds-darts-fix, not of nds-darts") as caught:
        import_file(nds("nds-darts"), json_file(DARTS_16_8, name="DARTS_fix-w-d.json"))
    assert caught.value.hint.startswith("zsbench data import nds-darts-fix ")
    with pytest.raises(ZsbenchError, match="varies the training"):
        import_file(nds("nds-darts"), json_file(DARTS_16_8, name="DARTS_lr-wd.json"))


def test_a_file_whose_params_are_other_networks_is_refused(json_file: Callable[..., Path]) -> None:
    with pytest.raises(ZsbenchError, match="does not hold the networks of nds-darts-in: the params of 1 of 1 entries"):
        import_file(nds("nds-darts-in"), json_file(DARTS_16_8, name="given.json"))


def test_an_entry_with_other_params_is_kept_and_counted_but_its_network_is_not_built(
    json_file: Callable[..., Path],
) -> None:
    space = nds("nds-darts")
    odd = entry(darts(18, 4), 12_345, 1)
    _, columns = import_file(space, json_file(DARTS_16_8, odd, *several()[1:]))
    assert "params of 4 of 5 entries equal ours (4 networks built)" in columns[0].what
    assert space.truth("cifar10", "test").values[1] == 90
    with pytest.raises(UnsupportedError, match="the file states 12,345 parameters, this network has"):
        space.network(space.arch(1), "cifar10")
    assert space.network(space.arch(3), "cifar10")


@pytest.mark.parametrize("stem", ["64k7s2p", "64k3s2"])
def test_the_imagenet_stem_is_the_one_that_has_the_stated_params(json_file: Callable[..., Path], stem: str) -> None:
    space = nds("nds-resnext-b-in")
    net = space.file.family.parse(f"res_bottleneck_block/{stem}/1x32s1b0.5g2/1x64s2b0.5g1")  # type: ignore[attr-defined]
    raw = RESNEXT | {
        "ds": [1, 1, 1],
        "ws": [64, 32, 64],
        "ss": [1, 1, 2],
        "bot_muls": [0, 0.5, 0.5],
        "num_gs": [1, 2, 1],
    }
    import_file(space, json_file(entry(raw, count(net, IMAGENET).params, 1), name="ResNeXt-B_in.json"))
    assert space.arch(0) == str(net)
    assert "(1 networks built)" in space.truth("imagenet", "test").source


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.999])
def test_a_truncated_file_is_an_explained_error(json_file: Callable[..., Path], keep: float) -> None:
    path = json_file(DARTS_16_8, DARTS_16_8)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ZsbenchError, match="truncated or no JSON list of entries"):
        import_file(nds("nds-darts"), path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"top": [], "mid": []}'])
def test_a_file_without_entries_is_an_explained_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "DARTS.json"
    path.write_text(content)
    with pytest.raises(ZsbenchError, match="holds no entries"):
        import_file(nds("nds-darts"), path)


@pytest.mark.parametrize("at", [0.2, 0.5, 0.95])
def test_a_damaged_archive_is_an_explained_error(tmp_path: Path, at: float) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("DARTS.json", json.dumps(several() * 5))
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(ZsbenchError) as caught:
        import_file(nds("nds-darts"), path)
    assert "\n" not in caught.value.message


def test_an_import_whose_architectures_were_altered_says_so(json_file: Callable[..., Path]) -> None:
    import h5py

    imported, _ = import_file(nds("nds-darts"), json_file(DARTS_16_8))
    with h5py.File(imported.path, "r+") as file:
        file["architectures/params"][0] = 1
    with pytest.raises(ZsbenchError, match="is altered: its architectures have sha256"):
        read_architectures(imported.path)


def test_another_list_of_architectures_cannot_take_the_place_of_one_that_other_imports_follow(
    json_file: Callable[..., Path], tmp_path: Path
) -> None:
    space = nds("nds-darts")
    path = json_file(*several())
    import_file(space, path)
    table = tmp_path / "mine.csv"
    table.write_text("index,acc\n0,50\n3,60\n")
    import_file(space, table, TableOptions(("mine=acc",)))
    assert space.truth("cifar10", "mine").values[3] == 60
    with pytest.raises(ZsbenchError, match="lists other architectures than nds-darts has"):
        import_file(space, json_file(DARTS_16_8), storing=Storing(replace=True))
    import_file(space, json_file(*several()), storing=Storing(replace=True))
    assert len(space) == 4


def test_a_table_cannot_be_imported_before_the_architectures_are_known(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("index,acc\n0,50\n")
    with pytest.raises(MissingArchitecturesError, match="nds-enas has no architectures"):
        import_file(nds("nds-enas"), table, TableOptions(("mine=acc",)))


def test_memory_stays_far_below_the_file_s_size(tmp_path: Path) -> None:
    path, space = tmp_path / "DARTS.json", nds("nds-darts")
    (official,) = space.official_files()
    official.read(write(path, [DARTS_16_8]), lambda _done, _total: None)  # what is loaded once is loaded now
    padded = json.dumps(DARTS_16_8 | {"log": "x" * 200_000})
    path.write_text("[" + ",".join([padded] * 100) + "]")
    done: list[tuple[int, int]] = []
    tracemalloc.start()
    official.read(path, lambda now, total: done.append((now, total)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done[-1] == (path.stat().st_size, path.stat().st_size)
    assert len(done) > 10
    assert peak < path.stat().st_size / 3
