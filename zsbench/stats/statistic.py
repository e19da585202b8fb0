"""The statistics by the names people type: `kendall`, `spearman`, `p@5%`, `bestrank@10`, `regret@10`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from zsbench.errors import UsageError, unknown_name
from zsbench.stats.estimate import Estimate, Floats, undefined
from zsbench.stats.pairs import Pairs
from zsbench.stats.rank import kendall_of, spearman_of
from zsbench.stats.topk import Top, best_rank_at, precision_at, regret_at

OnPairs: TypeAlias = Callable[[Pairs], Estimate]
AtTop: TypeAlias = Callable[[Floats, Floats, Top], Estimate]

DEFAULT = ("kendall", "spearman", "p@5%", "bestrank@10", "regret@10")
_ON_PAIRS: dict[str, OnPairs] = {"kendall": kendall_of, "spearman": spearman_of}
_AT_TOP: dict[str, AtTop] = {"p": precision_at, "bestrank": best_rank_at, "regret": regret_at}


@dataclass(frozen=True)
class Statistic:
    """A number over (oriented scores, truth)."""

    name: str
    digits: int
    """Decimals worth showing to people."""
    lower_is_better: bool = False
    on_pairs: OnPairs | None = None
    at_top: AtTop | None = None
    top: Top | None = None

    @property
    def has_interval(self) -> bool:
        """Whether its estimates carry a standard error and an interval."""
        return self.on_pairs is not None


def evaluate(statistics: Iterable[Statistic], x: Floats, y: Floats) -> list[Estimate]:
    """Return one estimate a statistic for oriented scores `x` and truth `y` (n,), both finite; ranks them once."""
    nothing = undefined(x, y)
    pairs = Pairs.of(x, y)
    return [_evaluate(statistic, nothing, pairs, x, y) for statistic in statistics]


def _evaluate(statistic: Statistic, nothing: Estimate | None, pairs: Pairs, x: Floats, y: Floats) -> Estimate:
    if nothing is not None:
        return nothing
    if statistic.on_pairs is not None:
        return statistic.on_pairs(pairs)
    assert statistic.at_top is not None and statistic.top is not None
    return statistic.at_top(x, y, statistic.top)


def parse_statistic(text: str) -> Statistic:
    """Return the statistic called `text`; raise `UsageError` with a suggestion if there is none."""
    name = text.strip().lower()
    if name in _ON_PAIRS:
        return Statistic(name, digits=3, on_pairs=_ON_PAIRS[name])
    kind, at, amount = name.partition("@")
    if at and kind in _AT_TOP:
        digits = {"p": 3, "bestrank": 1, "regret": 2}[kind]
        return Statistic(name, digits, kind != "p", at_top=_AT_TOP[kind], top=parse_top(amount, text))
    raise unknown_name("statistic", text, [*_ON_PAIRS, *DEFAULT[2:]])


def parse_top(amount: str, context: str) -> Top:
    """Read how many count as the best, `10` or `5%`; raise `UsageError` naming `context` for anything else."""
    if re.fullmatch(r"\d+", amount) and int(amount) >= 1:
        return Top(count=int(amount))
    if re.fullmatch(r"\d+(\.\d+)?%", amount) and 0 < (percent := Fraction(amount[:-1])) <= 100:
        return Top(share=percent / 100)
    raise UsageError(f"{amount!r} in {context!r} is no number of networks", "a count such as 10, or a share such as 5%")
