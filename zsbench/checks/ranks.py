"""Layers 2 and 3: has the ranking moved more than another seed would move it, and does it still find good networks?

Weights and batches of different seeds are drawn independently for every network, so that what a seed does to a ranking
shows in the spread over networks, and the jackknife over networks sees it. docs/ci.md has the reasoning in plain words,
benchmarks/false_alarms.py the false-alarm rate that comes of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from zsbench.checks.numbers import neutral, seedless
from zsbench.checks.pairing import Pair
from zsbench.checks.report import LEVEL, Layer, Row, Verdict
from zsbench.stats.estimate import Floats, LeftOut, jackknife_stderr
from zsbench.stats.pairs import Pairs
from zsbench.stats.rank import kendall_of

_SEED = "no further than another seed would move it"
_DOUBTFUL = 0.05
"""A p-value below which, before correction, a ranking is not called the same."""
FEWEST = 4
"""Networks below which a ranking says nothing."""


@dataclass(frozen=True, eq=False)
class Rankings:
    """Scores of the m networks with a number everywhere, higher always better; see `Pair`."""

    old: Floats
    """(S, m)"""
    new: Floats
    """(S', m)"""
    recorded: Floats
    """(R, m) all runs of the baseline, `old` among them."""


def oriented(pair: Pair, sign_then: int, sign_now: int, rtol: float) -> Rankings:
    """Return what is ranked, then and now.

    What layer 1 takes for rounding is taken for nothing at all: ties and near-ties may not turn it into a new ranking.
    """
    kept = pair.usable
    old, new, recorded = (runs.value[:, kept] for runs in (pair.old, pair.new, pair.recorded))
    if neutral(pair, rtol):
        new = old
    return Rankings(sign_then * old, sign_now * new, sign_then * recorded)


def tau(x: Floats, y: Floats) -> LeftOut:
    """Return tau-b of `x` and `y` (n,), also where it is not defined.

    Two rankings without any order are the same (1), one without and one with an order have nothing in common (0).
    """
    constant = float(np.ptp(x) == 0), float(np.ptp(y) == 0)
    if any(constant):
        value = float(all(constant))
        return LeftOut(value, np.full(len(x), value))
    found = kendall_of(Pairs.of(x, y))
    # Without the one network that differs, one of them has no order left.
    return LeftOut(found.value, np.nan_to_num(found.left_out, nan=0.0))


def mean(parts: list[LeftOut]) -> LeftOut:
    """Return the mean of correlations of the same networks."""
    return LeftOut(float(np.mean([part.value for part in parts])), np.mean([part.left_out for part in parts], axis=0))


def p_of(first: LeftOut, second: LeftOut, *, lower_only: bool) -> float:
    """Return the p-value of `first` = `second`, against lower or against any other; Student's t of the jackknife.

    The jackknife sees no variation where hardly any pair of networks changes places, so the error is at least that of
    a Poisson number of pairs: a difference of c pairs of networks has an error of sqrt(c + 1) pairs.
    """
    from scipy.stats import t

    n = len(first.left_out)
    value, pairs = first.value - second.value, 4 / (n * (n - 1))
    stderr = max(jackknife_stderr(first.left_out - second.left_out), pairs * math.sqrt(abs(value) / pairs + 1))
    score = value / stderr
    return float(t.cdf(score, n - 1)) if lower_only else float(2 * t.cdf(-abs(score), n - 1))


def judge_ranks(pair: Pair, rankings: Rankings) -> Row:
    """Return the row of layer 2, still without Holm's correction and so without a verdict beyond `same`."""
    old, new, recorded = rankings.old, rankings.new, rankings.recorded
    n = old.shape[1]
    if n < FEWEST:
        return _too_few(pair, Layer.RANKS, n)
    runs = range(len(old))
    pairs = [(k, k) for k in runs] if pair.same else list(product(runs, range(len(new))))
    now = mean([tau(old[i], new[j]) for i, j in pairs])
    if len(recorded) < 2:
        if now.value == 1:
            return Row(pair.proxy, Layer.RANKS, Verdict.SAME, "the same ranking", now=1.0, p=1.0, n=n)
        why = "the baseline has one seed: nothing says how far another one would move the ranking"
        return Row(pair.proxy, Layer.RANKS, Verdict.UNTESTED, why, now=now.value, n=n)
    before = mean([tau(first, second) for first, second in combinations(recorded, 2)])
    p = p_of(now, before, lower_only=True)
    if np.ptp(new, axis=1).max() == 0 < np.ptp(old, axis=1).max():
        p = 0.0  # whatever chance may do, it leaves a ranking
    if seedless(recorded) and now.value < 1:
        p = 0.0  # what no seed moves, nothing may
    return Row(pair.proxy, Layer.RANKS, Verdict.SAME, _SEED, before.value, now.value, p, n=n)


def judge_usefulness(pair: Pair, rankings: Rankings, truth: Floats) -> Row:
    """Return the row of layer 3, likewise; `truth` (m,) is that of the same networks, NaN where unknown."""
    known = np.isfinite(truth)
    n = int(known.sum())
    if n < FEWEST or np.ptp(truth[known]) == 0:
        return _too_few(pair, Layer.USEFULNESS, n)
    values = truth[known]
    before, now = (mean([tau(run[known], values) for run in runs]) for runs in (rankings.old, rankings.new))
    p = p_of(now, before, lower_only=False)
    change = now.value - before.value
    why = "as useful as before" if change == 0 else "no more than chance"
    return Row(pair.proxy, Layer.USEFULNESS, Verdict.SAME, why, before.value, now.value, p, n=n)


def decide(row: Row, p_holm: float) -> Row:
    """Return the row with its corrected p-value and the verdict that follows."""
    moved = math.isfinite(p_holm) and p_holm < LEVEL
    why = row.why
    if row.layer is Layer.RANKS and moved:
        why = _of_ranks(row)
    elif row.layer is Layer.RANKS and row.now == 1:
        why = "the same ranking"
    elif row.layer is Layer.RANKS and row.p < _DOUBTFUL:
        why = f"it may have moved: {row.n} networks are too few to tell"
        return replace(row, p_holm=p_holm, why=why, verdict=Verdict.UNTESTED)
    if moved and row.layer is Layer.USEFULNESS:
        why = f"it ranks good networks {'worse' if row.now < row.before else 'better'} than before"
    return replace(row, p_holm=p_holm, why=why, verdict=Verdict.MOVED if moved else row.verdict)


def _of_ranks(row: Row) -> str:
    if row.p == 0 and row.now == 0:
        return "every network has the same score now"
    if row.now < -0.5:
        return "the ranking is upside down: a sign?"
    return "the ranking moved further than another seed would move it"


def _too_few(pair: Pair, layer: Layer, n: int) -> Row:
    had = int(np.isfinite(pair.recorded.value).all(axis=0).sum())
    what = "a number then and now" if layer is Layer.RANKS else "those and an accuracy"
    why = f"{n} networks have {what}: too few to rank"
    lost = layer is Layer.RANKS and had >= FEWEST
    return Row(pair.proxy, layer, Verdict.MOVED if lost else Verdict.UNTESTED, why, n=n)
