"""What the names of exact checks of hardware mean, such as `hw.budget.edgegpu_latency.q0.05.acc.params`."""

from __future__ import annotations

import numpy as np

from zsbench.stats.estimate import Bools, Floats
from zsbench.tables.exact_kinds import FOREIGN, CheckKind, Ground, complete, correlated

DATASET = "cifar10"
"""The data set that budgets are stated for."""
WHO = "valid9445"
_COSTS = {
    f"{device}_{words}": f"{kind}:{device}"
    for device in ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")
    for kind, words in (("latency", "latency"), ("energy", "energy"), ("intensity", "arithmetic_intensity"))
}
NOT_COMPILED = -1.0
"""How print counts the latency of a network that did not compile for a device."""
OWN = ("params", "flops_bn_pool")


def _column(ground: Ground, dataset: str, cost: str) -> Floats:
    values = ground.hardware(dataset, _COSTS[cost])
    return np.where(np.isnan(values), NOT_COMPILED, values)


def _count(ground: Ground, dataset: str) -> float:
    return float(len(_column(ground, dataset, "edgegpu_latency")))


def _extreme(ground: Ground, dataset: str, cost: str, which: str) -> float:
    values = _column(ground, dataset, cost)
    return float(values.min() if which == "min" else values.max())


def _correlation(ground: Ground, dataset: str, statistic: str, proxy: str, cost: str) -> float:
    members = ground.members(WHO)
    scores = ground.accuracies(dataset) if proxy == "test_acc" else ground.scores(proxy, dataset)
    return correlated(statistic, scores[members], _column(ground, dataset, cost)[members])


def _rank_identical(ground: Ground, dataset: str) -> float:
    members = ground.members(WHO)
    latency, energy = (_column(ground, dataset, f"fpga_{kind}")[members] for kind in ("latency", "energy"))
    first, second = (np.unique(values, return_inverse=True)[1] for values in (latency, energy))
    return float(np.array_equal(first, second))


def _budget(ground: Ground, cost: str, share: str) -> float:
    return float(np.quantile(_column(ground, DATASET, cost)[ground.members(WHO)], float(share)))


def _within(ground: Ground, cost: str, share: str) -> Bools:
    within: Bools = ground.members(WHO) & (_column(ground, DATASET, cost) <= _budget(ground, cost, share))
    return within


def _number_within(ground: Ground, cost: str, share: str) -> float:
    return float(_within(ground, cost, share).sum())


def _oracle(ground: Ground, cost: str, share: str) -> float:
    return float(ground.accuracies(DATASET)[_within(ground, cost, share)].max())


def _ranked_first(ground: Ground, cost: str, share: str, proxy: str) -> Floats:
    """Return the accuracy of every cell within the budget that shares the highest score."""
    within = _within(ground, cost, share)
    name = proxy if proxy in OWN else f"{FOREIGN}{proxy}"
    scores = complete(ground.scores(name, DATASET)[within], name, DATASET)
    tied: Floats = ground.accuracies(DATASET)[within][scores == scores.max()]
    return tied


_DATASET = r"nb201\.(?P<dataset>[^.]+)"
_COST = rf"(?P<cost>{'|'.join(_COSTS)})"
_BUDGET = rf"budget\.{_COST}\.q(?P<share>\d\.\d\d)"
KINDS = (
    CheckKind(rf"{_DATASET}\.count", 0, _count),
    CheckKind(rf"{_DATASET}\.{_COST}\.(?P<which>min|max)", 6, _extreme),
    CheckKind(
        rf"{_DATASET}\.(?P<statistic>spearman|kendall_b)\.(?P<proxy>params|flops_bn_pool|test_acc)\.{_COST}\.{WHO}",
        6,
        _correlation,
    ),
    CheckKind(rf"{_DATASET}\.fpga_rank_identical", 0, _rank_identical),
    CheckKind(rf"{_BUDGET}\.budget", 6, _budget),
    CheckKind(rf"{_BUDGET}\.n", 0, _number_within),
    CheckKind(rf"{_BUDGET}\.acc\.oracle", 4, _oracle),
    CheckKind(rf"{_BUDGET}\.acc\.(?!oracle)(?P<proxy>\w+)", 4, _ranked_first),
)
"""Checks of the measurements of HW-NAS-Bench."""
