from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zsbench.errors import ZsbenchError
from zsbench.paths import data_folder
from zsbench.registry import find_space
from zsbench.truths.importing import import_file

SPACE = find_space("macro")


def entry(arch: str) -> dict[str, Any]:
    index = SPACE.index(arch)
    costs = SPACE.costs("cifar10")
    runs = [80 + index % 1000 / 100, 81.0, 82.0]
    return {
        "test_acc": runs,
        "mean_acc": sum(runs) / 3,
        "std": float(np.std(runs)),
        "params": int(costs["params"][index]),
        "flops": int(costs["flops"][index]),
    }


def content() -> dict[str, Any]:
    return {arch: entry(arch) for arch in ("02012100", "00000000", "22222222")}


@pytest.mark.parametrize("name", ["nas-bench-macro_cifar10.json", "macro.json.gz"])
def test_the_three_runs_are_kept_and_their_mean_is_the_value(tmp_path: Path, name: str) -> None:
    calls: list[tuple[int, int]] = []
    raw = json.dumps(content()).encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    import_file(SPACE, tmp_path / name, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (3, 3)
    truth = SPACE.truth("cifar10", "test")
    assert np.isfinite(truth.values).sum() == 3
    assert truth.seeds is not None
    for arch, expected in content().items():
        assert truth.seeds[SPACE.index(arch)].tolist() == expected["test_acc"]
        assert truth.values[SPACE.index(arch)] == pytest.approx(expected["mean_acc"], abs=1e-4)
    assert "best of 50 epochs as measured on the test set" in truth.source
    assert set(SPACE.targets("cifar10")) == {"test", f"test@{name.removesuffix('.gz').removesuffix('.json')}"}


FIRST = "02012100"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c[FIRST].update(extra=1), "fields extra are unknown or missing"),
        (lambda c: c[FIRST].pop("std"), "fields std are unknown or missing"),
        (lambda c: c[FIRST].update(params=1), "params is 1, the network has"),
        (lambda c: c[FIRST].update(flops=2), "flops is 2, the network has"),
        (lambda c: c[FIRST].update(mean_acc=1.0), "mean_acc 1.0 is not the mean of"),
        (lambda c: c[FIRST].update(test_acc=[]), "ZeroDivisionError"),
        (lambda c: c[FIRST].update(test_acc=[930.0], mean_acc=930.0), "930.0 is not in the range of accuracies"),
        (lambda c: c[FIRST].update(test_acc=["a"]), "TypeError"),
        (lambda c: c.update({FIRST: ["params"]}), "fields flops, mean_acc, std, test_acc are unknown or missing"),
        (lambda c: c.update({FIRST: 7}), "TypeError"),
        (lambda c: c.update({"0201210": c[FIRST]}), "eight digits are due"),
        (lambda c: c.update({"02012103": c[FIRST]}), "cannot read '02012103' as an architecture"),
    ],
)
def test_another_format_is_an_explained_error_and_nothing_is_imported(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    made = content()
    edit(made)
    path = tmp_path / "macro.json"
    path.write_text(json.dumps(made))
    with pytest.raises(ZsbenchError, match=message) as caught:
        import_file(SPACE, path)
    assert "nas-bench-macro_cifar10.json" in caught.value.hint
    assert not (data_folder() / "macro").exists()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (json.dumps(content()).encode()[:-40], r"truncated or no JSON .*: it looks like JSON"),
        (b"a,b\n1,2\n", "it looks like a table of comma-separated values"),
        (b"", "it looks like an empty file"),
        (b"[1]", "no object of architectures"),
        (b"{}", "no object of architectures"),
        (b'{"00000000": {"params": 1}, "00000000": {"params": 2}}', "two different entries for 00000000"),
    ],
)
def test_a_damaged_or_wrong_file_says_what_it_looks_like(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "macro.json"
    path.write_bytes(raw)
    with pytest.raises(ZsbenchError, match=message):
        import_file(SPACE, path)


def test_fractions_are_noticed(tmp_path: Path) -> None:
    made = content()
    for one in made.values():
        one["test_acc"] = [value / 100 for value in one["test_acc"]]
        one["mean_acc"] /= 100
    path = tmp_path / "macro.json"
    path.write_text(json.dumps(made))
    with pytest.raises(ZsbenchError, match="no accuracies in per cent"):
        import_file(SPACE, path)


@pytest.mark.reference
def test_the_official_file_has_the_known_accuracies(reference: Path) -> None:
    import_file(SPACE, reference / "data" / "nas_bench_macro.json.gz")
    truth = SPACE.truth("cifar10", "test")
    assert np.isfinite(truth.values).all()
    assert SPACE.keys()[int(truth.values.argmax())] == "22212220"
    known = {"00000000": 45.3633, "11111111": 91.93, "22222222": 92.9533, "22212220": 93.1267}
    assert {arch: truth.values[SPACE.index(arch)] for arch in known} == pytest.approx(known, abs=1e-4)
    assert truth.values.mean() == pytest.approx(90.2466, abs=1e-4)
