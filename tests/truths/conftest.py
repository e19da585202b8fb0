"""A file in the exact format of NAS-Bench-201-v1_1-096897.pth, with a few architectures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zsbench.registry import find_space

TRAININGS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}


def accuracy(index: int, training: str, evaluation: str, seed: int, epoch: int) -> float:
    """Return a made-up accuracy, different for everything it depends on."""
    number = index * 7 + list(TRAININGS).index(training) * 1000 + len(evaluation) * 131 + seed * 3 + epoch * 17
    return round(number % 9973 / 9973 * 90 + 5, 4)


def run(index: int, arch: str, training: str, seed: int, epochs: int) -> dict[str, Any]:
    """Return the archive of one training; x-valid and x-test of cifar100 only after the last epoch, as in the file."""
    evaluations = TRAININGS[training]
    costs = find_space("nb201").costs("cifar10" if training == "cifar10-valid" else training)
    last_only = training in {"cifar100", "ImageNet16-120"}
    measured = [
        (name, epoch)
        for name in evaluations
        for epoch in range(epochs)
        if epoch == epochs - 1 or not (last_only and name != "ori-test")
    ]
    return {
        "name": f"infer.{training}",
        "net_state_dict": None,
        "train_acc1es": OrderedDict((e, accuracy(index, training, "train", seed, e)) for e in range(epochs)),
        "train_acc5es": None,
        "train_losses": OrderedDict((e, 0.5) for e in range(epochs)),
        "train_times": OrderedDict((e, 7.5) for e in range(epochs)),
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": CLASSES[training]},
        "params": np.float64(costs["params"][index] / 1e6),
        "flop": np.float64(costs["flops"][index] / 1e6),
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [0.0139, np.float64(0.0138)],
        "eval_names": list(evaluations),
        "eval_acc1es": {f"{name}@{e}": accuracy(index, training, name, seed, e) for name, e in measured},
        "eval_times": {f"{name}@{e}": 1.5 for name, e in measured},
        "eval_losses": {f"{name}@{e}": 0.7 for name, e in measured},
    }


def archive(index: int, arch: str, seeds: dict[str, list[int]], epochs: int) -> dict[str, Any]:
    """Return everything that was trained for so many epochs with one architecture."""
    return {
        "arch_index": index,
        "arch_str": arch,
        "all_results": {
            (training, seed): run(index, arch, training, seed, epochs) for training, of in seeds.items() for seed in of
        },
        "dataset_seed": {training: list(of) for training, of in seeds.items()},
        "clear_net_done": True,
    }


def official_content(seeds: dict[int, dict[str, list[int]]]) -> dict[str, Any]:
    """Return the dictionary of the official file, with the given seeds a training and architecture."""
    space = find_space("nb201")
    archs = [space.arch(index) for index in range(len(space))]
    short = {"cifar10-valid": [111, 777], "cifar10": [111]}
    return {
        "meta_archs": archs,
        "arch2infos": {
            index: {"less": archive(index, archs[index], short, 12), "full": archive(index, archs[index], of, 200)}
            for index, of in seeds.items()
        },
        "evaluated_indexes": list(seeds),
    }


@pytest.fixture
def official() -> Callable[..., dict[str, Any]]:
    """Return the function that makes the dictionary of the official file."""
    return official_content


@pytest.fixture
def made_up() -> Callable[..., float]:
    """Return the accuracies it holds: of (index, training, evaluation, seed, epoch)."""
    return accuracy


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that saves with torch, as the official file was: torch 1.4 (no zip), NumPy 1."""
    import torch

    def saved(content: Any, name: str = "NAS-Bench-201-v1_1-096897.pth", *, zip: bool = False) -> Path:
        path = tmp_path / name
        torch.save(content, path, _use_new_zipfile_serialization=zip)
        if not zip:
            path.write_bytes(path.read_bytes().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))
        return path

    return saved
