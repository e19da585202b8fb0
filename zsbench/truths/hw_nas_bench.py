"""The official `HW-NAS-Bench-v1_0.pickle`: latency and energy of the cells of NAS-Bench-201 on six devices.

A pickle of plain lists, read through the restricted unpickler: {'nasbench201': {dataset: {metric: [a number a cell in
the official order], 'config': [...]}}, 'fbnet': ...}. Milliseconds and millijoules an image (Li et al., ICLR 2021). The
part of FBNet is left out: no accuracies exist for it. The intensity has no unit in the authors' text (their example
prints mJ, which it is not). -1 on the Edge TPU means that the network did not compile.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct, scalar

from zsbench.errors import ZsbenchError
from zsbench.pickles import load_pickle
from zsbench.spaces.base import Floats, Space
from zsbench.truths.cost_table import NONE, described
from zsbench.truths.costs import CostColumn
from zsbench.truths.listed import Contents
from zsbench.truths.space import Progress

METRICS = {
    "edgegpu_latency": "latency:edgegpu",
    "edgegpu_energy": "energy:edgegpu",
    "raspi4_latency": "latency:raspi4",
    "edgetpu_latency": "latency:edgetpu",
    "pixel3_latency": "latency:pixel3",
    "eyeriss_latency": "latency:eyeriss",
    "eyeriss_energy": "energy:eyeriss",
    "eyeriss_arithmetic_intensity": "intensity:eyeriss",
    "fpga_latency": "latency:fpga",
    "fpga_energy": "energy:fpga",
}
"""The file's words for what we call so."""
_CONFIG = "config"
_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    **{(f"numpy.{core}.multiarray", "scalar"): scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
}
_HINT = "is it the authors' HW-NAS-Bench-v1_0.pickle, unchanged?"


def read_official(path: Path, progress: Progress, *, space: Space) -> Contents:
    """Return the ten metrics of every dataset of the space.

    Raise `ZsbenchError` for a file that is damaged, of another format, asks for anything to be executed, or lists other
    architectures than the space has.
    """
    try:
        content = load_pickle(path.read_bytes(), path, _ALLOWED, encoding="latin1")
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {error.strerror or error}") from error
    part = content.get("nasbench201") if isinstance(content, dict) else None
    if not isinstance(part, dict) or not part:
        raise ZsbenchError(f"{path} is not in the format of HW-NAS-Bench: no dictionary with nasbench201", _HINT)
    costs: list[CostColumn] = []
    for done, (name, metrics) in enumerate(part.items(), start=1):
        known = {dataset.name for dataset in space.datasets}
        odd = sorted(set(metrics) - {*METRICS, _CONFIG}) if isinstance(metrics, dict) else [type(metrics).__name__]
        if name not in known or odd:
            what = f"{name} has {', '.join(map(str, odd))}" if odd else f"no dataset is called {name}"
            raise ZsbenchError(f"{path} is not in the format of HW-NAS-Bench: {what}", _HINT)
        _check_order(metrics.get(_CONFIG), space, path)
        costs += [_column(path, space, name, metric, metrics[metric]) for metric in METRICS if metric in metrics]
        progress(done, len(part))
    return Contents(costs=costs)


def _column(path: Path, space: Space, dataset: str, metric: str, values: Any) -> CostColumn:
    numbers = _numbers(values)
    if numbers is None or numbers.shape != (len(space),):
        what = "no numbers" if numbers is None else f"{len(numbers):,} numbers"
        raise ZsbenchError(
            f"{path} is not in the format of HW-NAS-Bench: {dataset} {metric} has {what}, {space.name} has "
            f"{len(space):,} architectures",
            _HINT,
        )
    missing = numbers == NONE
    if not np.isfinite(numbers).all() or (numbers[~missing] < 0).any():
        raise ZsbenchError(f"{path} has a {dataset} {metric} that is negative or no number", "fetch it again")
    name = METRICS[metric]
    what = described(name, f"an image, HW-NAS-Bench {metric}", int(missing.sum()))
    return CostColumn(dataset, name, what, np.where(missing, np.nan, numbers))


def _numbers(values: Any) -> Floats | None:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if numbers.ndim == 1 else None


def _check_order(configs: Any, space: Space, path: Path) -> None:
    """Raise `ZsbenchError` if the file says of an architecture that it is another one than the space's."""
    if not isinstance(configs, list):
        return
    for index, config in enumerate(configs):
        arch = config.get("arch_str") if isinstance(config, dict) else None
        if arch is not None and (index >= len(space) or space.arch(index) != arch):
            mine = space.arch(index) if index < len(space) else "not there"
            raise ZsbenchError(
                f"{path} is in another order than {space.name}: number {index} is {arch}, here {mine}", _HINT
            )
