"""The price of a plan: a few of its networks are measured here and now, nothing is stored."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zsbench.tables import Column, Table

if TYPE_CHECKING:
    from zsbench.conditions import Conditions
    from zsbench.evaluate import Job, Plan
    from zsbench.score import Score

PROBED = 3
"""Networks measured for an estimate (one where each takes several inits); they differ by a factor of ten in cost."""
COMMON = 0.1
"""Sets of proxies that networks lack are priced each if so many lack them, of those that lack the most usual one."""
NAMED = 6
"""Proxies whose price is told, the dearest first."""


@dataclass(frozen=True)
class Price:
    """What a plan costs one process."""

    seconds: float
    alone: dict[str, float]
    """Seconds a network of each proxy if it were the only one: shared passes count in full."""


def price(plan: Plan, device: str, stack: int = 1) -> Price:
    """Measure a few networks from all over the plan under each of its conditions; seeds cost the same."""
    kinds = {conditions: replace(conditions, seed=0, input_digest="") for conditions in plan.inputs}
    groups: dict[Conditions, list[Job]] = {}
    for job in plan.jobs:
        groups.setdefault(kinds[job.conditions], []).append(job)
    total = 0.0
    alone: dict[str, list[float]] = {}
    for jobs in groups.values():
        for few, of in _typical(jobs, max(PROBED, stack)):
            seconds, scores = _measured(replace(plan, jobs=few), device, stack, warm=not total)
            total += seconds / len(few) * of
            for score in scores:
                alone.setdefault(score.proxy, []).append(score.seconds)
    means = {proxy: sum(seconds) / len(seconds) for proxy, seconds in alone.items()}
    return Price(total, dict(sorted(means.items(), key=lambda item: -item[1])))


def _typical(jobs: list[Job], most: int) -> list[tuple[tuple[Job, ...], float]]:
    """Return networks to measure, and how many each lot of them stands for: a lot for all that lack the same proxies.

    Sets of proxies that few networks lack, as after runs that were cut short, count as the others do on average.
    """
    by_lack: dict[tuple[str, ...], list[Job]] = {}
    for job in jobs:
        by_lack.setdefault(job.proxies, []).append(job)
    usual = max(map(len, by_lack.values()))
    common = [same for same in by_lack.values() if len(same) >= COMMON * usual]
    scale = len(jobs) / sum(map(len, common))
    return [(_spread(same, 1 if same[0].conditions.repeats > 1 else most), len(same) * scale) for same in common]


def _spread(jobs: list[Job], most: int) -> tuple[Job, ...]:
    count = min(most, len(jobs))
    return tuple(jobs[:: len(jobs) // count][:count])


def estimate(plans: list[Plan], prices: list[Price], device: str, workers: int) -> Table:
    """Return the networks, scores, passes and the estimated time of each plan, given its price."""
    columns = (
        Column("space"),
        Column("dataset"),
        Column("networks"),
        Column("scores"),
        Column("seconds_a_network", digits=2),
        Column("time"),
        Column("hours", digits=4, human=False),
        Column("passes", human=False),
    )
    rows = []
    for plan, one in zip(plans, prices, strict=True):
        seconds = one.seconds / workers
        each = one.seconds / plan.networks if plan.networks else 0.0
        passes = ", ".join(_passes(plan))
        rows.append(
            (plan.space, plan.dataset, plan.networks, plan.scores, each, duration(seconds), seconds / 3600, passes)
        )
    return Table("Plan", columns, tuple(rows), _captions(plans, prices, device, workers))


def duration(seconds: float) -> str:
    """Say about how long something takes."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def _captions(plans: list[Plan], prices: list[Price], device: str, workers: int) -> tuple[str, ...]:
    passes = sorted({name for plan in plans for name in _passes(plan)})
    if not passes:
        return ("everything is stored: nothing to compute",)
    alone = max((one.alone for one in prices), key=len)
    dearest = ", ".join(f"{proxy} {seconds:.2f} s" for proxy, seconds in list(alone.items())[:NAMED])
    return (
        f"Passes, each run once a network: {', '.join(passes)}.",
        f"Alone, with all passes it needs, the dearest: {dearest} a network.",
        f"Estimated from a few networks just measured on {device}, for {workers} workers; nothing was stored.",
    )


def _passes(plan: Plan) -> list[str]:
    from zsbench.registry import proxies

    known = proxies()
    names = {name for job in plan.jobs for name in job.proxies}
    return sorted({type(need).__name__ for name in names for need in known[name].needs})


def _measured(plan: Plan, device: str, stack: int, *, warm: bool) -> tuple[float, list[Score]]:
    from zsbench.evaluate import evaluate

    if warm:  # the first network carries what happens once a process
        with closing(evaluate(replace(plan, jobs=plan.jobs[:1]), device=device)) as first:
            next(first)
    start = time.perf_counter()
    with closing(evaluate(plan, device=device, stack=stack)) as running:
        scores = [score for _, found in running for score in found]
    return time.perf_counter() - start, scores
