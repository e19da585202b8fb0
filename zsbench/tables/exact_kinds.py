"""What the names of exact checks mean, such as `nb201.kendall_b.params.valid9445_top5.cifar10`.

A table of patterns, each with the decimals it is printed to and the function that computes it from what is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from zsbench.errors import NothingToReportError
from zsbench.spaces.base import Space
from zsbench.stats import Population, null_stderr, parse_regimes, parse_statistic
from zsbench.stats.estimate import Bools, Floats, Ints
from zsbench.stats.pick import pick
from zsbench.stats.statistic import Compared
from zsbench.tables.published import TASKS

POPULATIONS = {"all15625": "all", "valid9445": "valid", "unique6466": "unique", "dedup2128": "valid"}
"""As checks call them, and the regimes that they are."""
TOP5 = "_top5"
STATISTICS = {"kendall_a": "tau-a", "kendall_b": "kendall", "spearman": "spearman"}
FOREIGN = "nbsz_"
"""What begins the name of a proxy whose stored scores are another project's."""
_CONVOLUTIONS = ("nor_conv_1x1", "nor_conv_3x3")
_TERMS = {
    "conv1x1": "nor_conv_1x1",
    "conv3x3": "nor_conv_3x3",
    "avg_pool": "avg_pool_3x3",
    "skip": "skip_connect",
}


@dataclass(frozen=True, eq=False)
class Ground:
    """What checks of one space stand on."""

    space: Space
    accuracies: Callable[[str], Floats]
    """Dataset -> (n,) per cent; raises `NothingToReportError` that says what is missing."""
    foreign: Callable[[str, str], Floats]
    """(dataset, proxy) -> (n,) oriented scores of another project, NaN where unknown; raises like `accuracies`."""
    hardware: Callable[[str, str], Floats]
    """(dataset, cost of a device) -> (n,) as measured, NaN where a network did not compile; raises likewise."""
    _members: dict[tuple[str, str], Bools] = field(default_factory=dict)
    _costs: dict[str, Mapping[str, Floats]] = field(default_factory=dict)

    def members(self, population: str, dataset: str = "") -> Bools:
        """Return (n,) who belongs to a population; those of the best by accuracy need the dataset."""
        key = population, dataset
        if key not in self._members:
            self._members[key] = self._select(population, dataset)
        return self._members[key]

    def _select(self, population: str, dataset: str) -> Bools:
        name = population.removesuffix(TOP5)
        regime = POPULATIONS[name] + ("&top5%" if population.endswith(TOP5) else "")
        truth = self.accuracies(dataset) if dataset else np.zeros(len(self.space))
        (parsed,) = parse_regimes(regime)
        return parsed.select(Population(truth, self._valid, self._representatives))

    @cached_property
    def _valid(self) -> Bools:
        return self.space.valid()

    @cached_property
    def _representatives(self) -> Ints:
        return self.space.representatives()

    def scores(self, proxy: str, dataset: str) -> Floats:
        """Return (n,) what a proxy gives every network: by closed form, or another project's stored scores."""
        if proxy.startswith(FOREIGN):
            return self.foreign(dataset, proxy.removeprefix(FOREIGN))
        if proxy == "num_convs":
            return np.asarray(sum(self.space.operations()[name] for name in _CONVOLUTIONS), np.float64)
        return self.costs(dataset)[proxy]

    def costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) of every network what the checks call params, flops_conv and flops_bn_pool."""
        if dataset not in self._costs:
            stated = self.space.costs(dataset)
            # The benchmark's own column has the classifier's biases, one a class; the checks leave them out.
            without = stated["flops"] - self.space.dataset(dataset).classes
            own = {"params": stated["params"], "flops_conv": without, "flops_bn_pool": stated["flops_all"]}
            self._costs[dataset] = own
        return self._costs[dataset]

    @cached_property
    def first(self) -> str:
        """The dataset that formulas are stated for."""
        return self.space.datasets[0].name


@dataclass(frozen=True)
class CheckKind:
    """One kind of check."""

    pattern: str
    """A regular expression of the whole name, without its area; its named groups go to `compute`."""
    digits: int
    """Decimals that it is printed to (trailing zeros are not printed)."""
    compute: Callable[..., float | Floats]
    """From the `Ground` and the named groups; raises `NothingToReportError` that says what is missing.

    Several values, as an array, are those between which ties leave the choice.
    """


def find_kind(name: str, kinds: Sequence[CheckKind]) -> tuple[CheckKind, dict[str, str]] | None:
    """Return the one of `kinds` that a check called `name` (without its area) is, and its parts; None if none is."""
    for kind in kinds:
        if match := re.fullmatch(kind.pattern, name):
            parts = match.groupdict()
            if "dataset" in parts:
                parts["dataset"] = TASKS.get(parts["dataset"], parts["dataset"])
            return kind, parts
    return None


def _count(ground: Ground, population: str, dataset: str = "") -> float:
    return float(ground.members(population, dataset).sum())


def _count_clean(ground: Ground) -> float:
    return float((ground.space.valid() & ~ground.space.dead()).sum())


def _count_dangling(ground: Ground) -> float:
    return float((~ground.space.valid() & ~ground.space.dead()).sum())


def _count_dead(ground: Ground) -> float:
    return float(ground.space.dead().sum())


def _count_at_chance(ground: Ground, dataset: str) -> float:
    chance = round(100 / ground.space.dataset(dataset).classes, 4)
    return float((ground.accuracies(dataset) == chance).sum())


def _term(ground: Ground, cost: str, term: str) -> float:
    """Return a coefficient of the cost as a linear form in the counts of operations, if it is one exactly."""
    counts = {name: count for name, count in ground.space.operations().items() if name != "none"}
    values = ground.costs(ground.first)[cost]
    design = np.column_stack([np.ones(len(values)), *counts.values()])
    fitted = np.linalg.lstsq(design, values, rcond=None)[0]
    exact = np.rint(fitted) + 0.0  # no -0
    if not np.array_equal(design @ exact, values):
        raise NothingToReportError(f"{cost} is no linear form in the operations of {ground.space.name}")
    return float(exact[0] if term == "const" else exact[1 + list(counts).index(_TERMS[term])])


def _term_in_millions(ground: Ground, cost: str, term: str) -> float:
    return _term(ground, cost, term) / 1e6


def _params_per_class(ground: Ground) -> float:
    few, many = ground.space.datasets[:2]
    more = ground.costs(many.name)["params"] - ground.costs(few.name)["params"]
    return float(more.max() / (many.classes - few.classes))


def _params_max(ground: Ground) -> float:
    return float(ground.costs(ground.first)["params"].max())


def _correlation(ground: Ground, statistic: str, proxy: str, population: str, dataset: str) -> float:
    members = ground.members(population, dataset)
    scores = complete(ground.scores(proxy, dataset)[members], proxy, dataset)
    return correlated(statistic, scores, ground.accuracies(dataset)[members])


def correlated(statistic: str, scores: Floats, other: Floats) -> float:
    """Return a correlation as checks call it."""
    return parse_statistic(STATISTICS[statistic]).compute(Compared(scores, other)).value


def _best(ground: Ground, dataset: str) -> float:
    return float(ground.accuracies(dataset).max())


def _argmax(ground: Ground, proxy: str, dataset: str) -> float:
    """Return the expected accuracy of the network ranked first; the scores are those of the first dataset."""
    accuracies = ground.accuracies(dataset)
    foreign = proxy.startswith(FOREIGN)
    members = ground.members("valid9445") if foreign else np.ones(len(accuracies), dtype=bool)
    scores = complete(ground.scores(proxy, ground.first)[members], proxy, ground.first)
    return pick(scores, accuracies[members]).accuracy


def complete(scores: Floats, proxy: str, dataset: str) -> Floats:
    """Return scores of which none is missing; else raise `NothingToReportError` that counts them."""
    known = int(np.isfinite(scores).sum())
    if known < len(scores):
        raise NothingToReportError(f"{proxy} has {dataset} scores of {known:,} of these {len(scores):,} networks")
    return scores


def _null_stderr(_ground: None, n: str) -> float:
    return null_stderr(int(n))


_ANY = r"[^.]+"
_DATASET = rf"(?P<dataset>{_ANY})"
_PROXY = rf"(?P<proxy>params|flops_conv|flops_bn_pool|num_convs|{FOREIGN}{_ANY})"
_POPULATION = "|".join(POPULATIONS)
_COSTS = "flops_conv|flops_bn_pool"
_ANY_TERM = "|".join(["const", *_TERMS])
KINDS = (
    CheckKind(rf"count\.(?P<population>{_POPULATION})", 0, _count),
    CheckKind(rf"count\.(?P<population>(?:{_POPULATION}){TOP5})\.{_DATASET}", 0, _count),
    CheckKind(r"count\.clean", 0, _count_clean),
    CheckKind(r"count\.dangling", 0, _count_dangling),
    CheckKind(r"count\.dead", 0, _count_dead),
    CheckKind(rf"count\.acc_chance\.{_DATASET}", 0, _count_at_chance),
    CheckKind(rf"(?P<cost>params)\.(?P<term>{_ANY_TERM})", 0, _term),
    CheckKind(rf"(?P<cost>{_COSTS})\.(?P<term>{_ANY_TERM})_M", 6, _term_in_millions),
    CheckKind(r"params\.per_extra_class", 0, _params_per_class),
    CheckKind(r"params\.max", 0, _params_max),
    CheckKind(
        rf"(?P<statistic>{'|'.join(STATISTICS)})\.{_PROXY}\.(?P<population>(?:{_POPULATION})(?:{TOP5})?)\.{_DATASET}",
        6,
        _correlation,
    ),
    CheckKind(rf"best_test_acc\.{_DATASET}", 4, _best),
    CheckKind(rf"argmax_acc\.{_PROXY}\.{_DATASET}", 4, _argmax),
)
"""Checks of a space."""
FREE = (CheckKind(r"tau_null_se\.n(?P<n>\d+)", 6, _null_stderr),)
"""Checks of no space."""
