from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.paths import data_folder
from zsbench.registry import find_space
from zsbench.truths.importing import import_file
from zsbench.truths.transnas_official import METRICS

MICRO, MACRO = find_space("transnas-micro"), find_space("transnas-macro")
ARCHS = {"micro": ("64-41414-0_00_000", "64-41414-1_02_333"), "macro": ("64-4111-basic", "64-1234-basic")}
EPOCHS = 5


def value(index: int, task: str, metric: str, epoch: int) -> float:
    """Return a made-up metric, different for everything it depends on, best in the middle."""
    number = (index * 37 + len(task) * 11 + sum(map(ord, metric))) % 101 / 101
    peak = 0.1 * number + 0.01 * (2 - abs(epoch - 2))
    if metric.endswith("neg_loss"):
        return peak - 1
    return peak if metric.endswith("ssim") else 100 * peak


def result(space: Any, index: int, task: str) -> dict[str, Any]:
    names = [f"{split}_{m}" for split in ("train", "valid", "test") for m in (*METRICS[task], "loss")]
    metrics: dict[str, Any] = {name: [value(index, task, name, e) for e in range(EPOCHS)] for name in names}
    metrics["time_elapsed"] = ["0 h 1 m"] * EPOCHS
    return {
        "total_epochs": EPOCHS,
        "model_info": {
            "inference_time": 0.01,
            "encoder_params": int(space.encoder_costs(256)[0][index]),
            "model_params": float(space.costs(task)["params"][index] / 1e6),
            "model_FLOPs": 1.5,
            "encoder_FLOPs": "",
        },
        "metrics": metrics,
    }


@pytest.fixture
def content() -> dict[str, Any]:
    return {
        "metrics_dict": {task: [f"valid_{m}" for m in names] for task, names in METRICS.items()},
        "info_names": ["inference_time", "encoder_params", "model_params", "model_FLOPs", "encoder_FLOPs"],
        "task_list": list(METRICS),
        "data": {
            kind: {arch: {task: result(space, space.index(arch), task) for task in METRICS} for arch in ARCHS[kind]}
            for kind, space in (("macro", MACRO), ("micro", MICRO))
        },
    }


def saved(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "transnas-bench_v10141024.pth"
    torch.save(content, path)
    return path


@pytest.mark.parametrize("space", [MICRO, MACRO], ids=["micro", "macro"])
def test_the_last_epoch_is_plain_and_the_best_is_named(tmp_path: Path, content: dict[str, Any], space: Any) -> None:
    calls: list[tuple[int, int]] = []
    import_file(space, saved(tmp_path, content), progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
    for task, (own, *others) in METRICS.items():
        names = {name for name in space.targets(task) if "@" not in name}
        bases = ["valid", "test"] + [f"{split}-{m}" for split in ("valid", "test") for m in others]
        assert names == {base + suffix for base in bases for suffix in ("", "-best")}
        for target, metric, epoch in (("valid", own, 4), ("test", own, 4), ("valid-best", own, 2)):
            truth = space.truth(task, target)
            split = target.partition("-")[0]
            for arch in ARCHS[space.kind]:
                index = space.index(arch)
                assert truth.values[index] == value(index, task, f"{split}_{metric}", epoch)
            assert np.isfinite(truth.values).sum() == 2
            assert f"{task} {split} {metric} " in truth.source
            assert "higher is better" in truth.source
        assert "selected on the test set" in space.targets(task)["test-best"]
        assert "selected" not in space.targets(task)["valid-best"] + space.targets(task)["test"]
    assert "segmentsemantic valid acc in its best epoch" in space.targets("segmentsemantic")["valid-acc-best"]


def test_a_layout_loss_is_negated_where_the_file_has_no_negative(tmp_path: Path, content: dict[str, Any]) -> None:
    for tasks in content["data"]["micro"].values():
        metrics = tasks["room_layout"]["metrics"]
        for split in ("train", "valid", "test"):
            metrics[f"{split}_loss"] = [-v for v in metrics.pop(f"{split}_neg_loss")]
    import_file(MICRO, saved(tmp_path, content))
    index = MICRO.index("102333")
    assert MICRO.truth("room_layout", "test").values[index] == value(index, "room_layout", "test_neg_loss", 4)


def test_an_epoch_that_is_no_number_is_unknown_not_best(tmp_path: Path, content: dict[str, Any]) -> None:
    metrics = content["data"]["micro"]["64-41414-1_02_333"]["normal"]["metrics"]
    metrics["valid_ssim"][4] = float("nan")
    import_file(MICRO, saved(tmp_path, content))
    index = MICRO.index("102333")
    assert np.isnan(MICRO.truth("normal", "valid").values[index])
    assert MICRO.truth("normal", "valid-best").values[index] == value(index, "normal", "valid_ssim", 2)


def test_other_parameters_than_ours_are_counted(tmp_path: Path, content: dict[str, Any]) -> None:
    for tasks in content["data"]["micro"].values():
        tasks["class_scene"]["model_info"]["model_params"] -= 16 * 512 / 1e6
    content["data"]["micro"]["64-41414-1_02_333"]["normal"]["model_info"]["encoder_params"] += 9_999
    with pytest.warns(ZsbenchWarning) as caught:
        import_file(MICRO, saved(tmp_path, content))
    said = [str(warning.message) for warning in caught]
    assert len(said) == 2
    assert "states other model_params of class_scene than the networks have for 2 architectures" in said[0]
    assert "states other encoder_params of normal than the networks have for 1 architectures, such as 1215" in said[1]


def first(content: dict[str, Any]) -> Any:
    return content["data"]["micro"]["64-41414-0_00_000"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.pop("data"), "no dictionary data with results of micro"),
        (lambda c: c["data"].pop("micro"), "no dictionary data with results of micro"),
        (lambda c: c["data"]["micro"].update({"64-4111-basic": first(c)}), "cannot read '64-4111-basic'"),
        (lambda c: first(c).update(depth=first(c)["normal"]), "unknown dataset of transnas-micro 'depth'"),
        (lambda c: first(c)["normal"].pop("metrics"), "it has no 'metrics'"),
        (lambda c: first(c)["normal"]["metrics"].pop("valid_ssim"), "it has no 'valid_ssim'"),
        (lambda c: first(c)["jigsaw"]["metrics"].update(test_top5=[]), "IndexError"),
        (lambda c: first(c)["jigsaw"]["metrics"].update(test_top5=[1, 940.0]), "940.0 is not in the range of accur"),
        (lambda c: first(c)["normal"]["metrics"].update(valid_ssim=[59.6]), "59.6 is not in the range of structural"),
        (lambda c: first(c)["room_layout"]["metrics"].update(valid_neg_loss=[0.6]), "0.6 is not in the range of neg"),
    ],
)
def test_another_format_is_an_explained_error_and_nothing_is_imported(
    tmp_path: Path, content: dict[str, Any], edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    edit(content)
    with pytest.raises(ZsbenchError, match=message) as caught:
        import_file(MICRO, saved(tmp_path, content))
    assert "transnas-bench_v10141024.pth is not in the format of TransNAS-Bench-101" in caught.value.message
    assert not (data_folder() / "transnas-micro").exists()


def test_fractions_are_noticed(tmp_path: Path, content: dict[str, Any]) -> None:
    for tasks in content["data"]["macro"].values():
        for name, epochs in tasks["class_object"]["metrics"].items():
            if "top" in name:
                epochs[:] = [epoch / 100 for epoch in epochs]
    with pytest.raises(ZsbenchError, match="has no per cent: class_object valid lies between") as caught:
        import_file(MACRO, saved(tmp_path, content))
    assert "fractions" in caught.value.hint


class Malicious:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def test_a_malicious_file_is_refused_and_nothing_is_executed(tmp_path: Path, content: dict[str, Any]) -> None:
    first(content)["normal"]["model_info"]["inference_time"] = Malicious(tmp_path / "executed")
    with pytest.raises(ZsbenchError, match=r"is refused: its pickle asks for (posix|nt)\.system"):
        import_file(MICRO, saved(tmp_path, content))
    assert not (tmp_path / "executed").exists()


def test_a_truncated_file_is_an_explained_error(tmp_path: Path, content: dict[str, Any]) -> None:
    path = saved(tmp_path, content)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ZsbenchError, match=r"truncated or no file of torch\.save"):
        import_file(MACRO, path)
