"""The statistics by the names people type: `kendall`, `tau-a`, `p@5%`, `bestrank@10`, `ndcg@5%`."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import numpy as np

from zsbench.errors import UsageError, unknown_name
from zsbench.stats import bootstrap
from zsbench.stats.estimate import NAN, Estimate, Floats, Ints, LeftOut, undefined
from zsbench.stats.pairs import Pairs
from zsbench.stats.rank import kendall_of, partial_tau, pearson, spearman_of, tau_a_of, tau_c_of, weighted_tau_of
from zsbench.stats.regimes import find_cost
from zsbench.stats.topk import Top, best_rank_at, hit_rate_at, kendall_at, ndcg_at, precision_at, regret_at

DEFAULT = ("kendall", "spearman", "p@5%", "bestrank@10", "regret@10")


@dataclass(frozen=True, eq=False)
class Compared:
    """Oriented scores and truth of the same n networks, ranked at most once."""

    score: Floats
    truth: Floats
    draws: int = 0
    """How often the networks are drawn anew for intervals of top-k statistics; 0: no such intervals."""
    costs: Mapping[str, Floats] = field(default_factory=dict)
    """Name (`params` ...) -> (n,) what each network costs; NaN where unknown."""
    source: Ints | None = None
    """(n,) equal numbers for networks that share one score; None if each has its own."""

    @cached_property
    def pairs(self) -> Pairs:
        """Both as rankings."""
        return Pairs.of(self.score, self.truth)


@dataclass(frozen=True)
class Statistic:
    """A number over (oriented scores, truth)."""

    name: str
    compute: Callable[[Compared], Estimate]
    digits: int
    """Decimals worth showing to people."""
    lower_is_better: bool = False
    has_interval: bool = False
    """Whether its estimates carry a standard error and an interval without being drawn anew."""
    bootstrapped: bool = False
    """Whether they do if networks are drawn anew."""
    leaving_out: Callable[[Compared], LeftOut] | None = None
    """The value without each network in turn, where two proxies can be compared by it."""


_Correlation: TypeAlias = Callable[[Compared], LeftOut]


@dataclass(frozen=True)
class _AtTop:
    """A statistic of the proxy's top k."""

    estimate: Callable[[Floats, Floats, Top], Estimate]
    digits: int
    lower_is_better: bool = False
    redrawn: Callable[[Floats, Floats, int, bootstrap.Draws], Floats] | None = None
    """(scores, truth, k, draws) -> (draws,) its value in every draw."""


_CORRELATIONS: dict[str, _Correlation] = {
    "kendall": lambda compared: kendall_of(compared.pairs),
    "spearman": lambda compared: spearman_of(compared.pairs),
    "pearson": lambda compared: pearson(compared.score, compared.truth),
    "tau-a": lambda compared: tau_a_of(compared.pairs),
    "tau-c": lambda compared: tau_c_of(compared.pairs),
}
WEIGHTED = "weighted-tau"
PARTIAL = "partial:"
_AT_TOP = {
    "p": _AtTop(precision_at, 3, redrawn=bootstrap.precision),
    "bestrank": _AtTop(best_rank_at, 1, lower_is_better=True, redrawn=bootstrap.best_rank),
    "regret": _AtTop(regret_at, 2, lower_is_better=True, redrawn=bootstrap.regret),
    "ndcg": _AtTop(ndcg_at, 3, redrawn=bootstrap.ndcg),
    "hitrate": _AtTop(hit_rate_at, 3),
    "kendall": _AtTop(kendall_at, 3),
}


def evaluate(
    statistics: Iterable[Statistic],
    score: Floats,
    truth: Floats,
    draws: int = 0,
    costs: Mapping[str, Floats] | None = None,
    source: Ints | None = None,
) -> list[Estimate]:
    """Return one estimate a statistic for oriented scores and truth (n,), both finite; `Compared` has the rest."""
    nothing = undefined(score, truth)
    compared = Compared(score, truth, draws, costs or {}, source)
    return [nothing or statistic.compute(compared) for statistic in statistics]


ALIASES = {"tau": "kendall", "tau-b": "kendall", "rho": "spearman"}
"""What tables and people call the usual ones."""


def parse_statistic(text: str) -> Statistic:
    """Return the statistic called `text`; raise `UsageError` with a suggestion if there is none."""
    name = text.strip().lower()
    name = ALIASES.get(name, name)
    if name in _CORRELATIONS:
        return _correlation(name)
    if name == WEIGHTED:
        return Statistic(name, lambda compared: weighted_tau_of(compared.pairs), digits=3)
    if name.startswith(PARTIAL) and (cost := name.removeprefix(PARTIAL)):
        return _partial(cost)
    kind, at, amount = name.partition("@")
    if at and kind in _AT_TOP:
        return _at_top(name, kind, parse_top(amount, text))
    raise unknown_name(
        "statistic",
        text,
        [
            *_CORRELATIONS,
            WEIGHTED,
            "partial:params",
            "partial:flops",
            *DEFAULT[2:],
            "hitrate@10",
            "kendall@10%",
            "ndcg@5%",
        ],
    )


def _correlation(name: str) -> Statistic:
    def leaving_out(compared: Compared) -> LeftOut:
        return dataclasses.replace(_CORRELATIONS[name](compared), source=compared.source)

    return Statistic(
        name,
        lambda compared: leaving_out(compared).estimate(),
        digits=3,
        has_interval=True,
        leaving_out=leaving_out,
    )


def _partial(cost: str) -> Statistic:
    """Return Kendall's partial tau given a cost of the networks."""

    def compute(compared: Compared) -> Estimate:
        given = find_cost(compared.costs, cost)
        if not np.isfinite(given).all():
            return Estimate(NAN, reason=f"the {cost} of some networks are not known")
        if given.min() == given.max():
            return Estimate(NAN, reason=f"every network has the same {cost}")
        with_cost = (kendall_of(Pairs.of(one, given)) for one in (compared.score, compared.truth))
        found = partial_tau(kendall_of(compared.pairs), *with_cost)
        if math.isnan(found.value):
            return Estimate(NAN, reason=f"{cost} rank exactly as the scores, or the accuracy, do")
        return dataclasses.replace(found, source=compared.source).estimate()

    return Statistic(f"{PARTIAL}{cost}", compute, digits=3, has_interval=True)


def _at_top(name: str, kind: str, top: Top) -> Statistic:
    known = _AT_TOP[kind]

    def compute(compared: Compared) -> Estimate:
        score, truth = compared.score, compared.truth
        found = known.estimate(score, truth, top)
        if compared.source is not None:
            found = Estimate(found.value, reason=found.reason)  # an error would be that of scores of their own
        if not (known.redrawn and compared.draws) or found.reason or len(score) > bootstrap.LARGEST:
            return found
        drawn = known.redrawn(score, truth, top.of(len(score)), bootstrap.Draws.of(compared.draws, compared.source))
        return bootstrap.percentile_interval(found.value, drawn)

    return Statistic(
        name,
        compute,
        digits=known.digits,
        lower_is_better=known.lower_is_better,
        has_interval=kind == "kendall",
        bootstrapped=known.redrawn is not None,
    )


def parse_top(amount: str, context: str) -> Top:
    """Read how many count as the best, `10` or `5%`; raise `UsageError` naming `context` for anything else."""
    if re.fullmatch(r"\d+", amount) and int(amount) >= 1:
        return Top(count=int(amount))
    if re.fullmatch(r"\d+(\.\d+)?%", amount) and 0 < (percent := Fraction(amount[:-1])) <= 100:
        return Top(share=percent / 100)
    raise UsageError(f"{amount!r} in {context!r} is no number of networks", "a count such as 10, or a share such as 5%")
