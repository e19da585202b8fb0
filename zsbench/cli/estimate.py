"""The price of a plan: a few of its networks are measured here and now, nothing is stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from zsbench.tables import Column, Table

if TYPE_CHECKING:
    from zsbench.evaluate import Plan

PROBED = 3
"""Networks measured for an estimate; they differ by a factor of ten in cost."""


def estimate(plans: list[Plan], device: str, workers: int) -> Table:
    """Return the networks, scores, passes and an estimated time of each plan."""
    columns = (
        Column("space"),
        Column("dataset"),
        Column("networks"),
        Column("scores"),
        Column("passes"),
        Column("seconds_a_network", digits=2),
        Column("hours", digits=2),
    )
    rows = []
    for plan in plans:
        each = _seconds_a_job(plan, device) if plan.jobs else 0.0
        hours = each * len(plan.jobs) / workers / 3600
        passes = ", ".join(sorted(_passes(plan)))
        rows.append((plan.space, plan.dataset, plan.networks, plan.scores, passes, each, hours))
    caption = f"estimated from {PROBED} networks measured just now on {device}, {workers} workers; nothing was stored"
    return Table("Plan", columns, tuple(rows), (caption,))


def _passes(plan: Plan) -> set[str]:
    from zsbench.registry import proxies

    known = proxies()
    names = {name for job in plan.jobs for name in job.proxies}
    return {type(need).__name__ for name in names for need in known[name].needs}


def _seconds_a_job(plan: Plan, device: str) -> float:
    from dataclasses import replace

    from zsbench.evaluate import evaluate

    step = max(1, len(plan.jobs) // PROBED)
    few = replace(plan, jobs=plan.jobs[::step][:PROBED])
    running = evaluate(few, device=device, workers=1)
    next(iter(running))  # the first carries what happens once a process
    again = evaluate(few, device=device, workers=1)
    start = time.perf_counter()
    count = sum(1 for _ in again)
    return (time.perf_counter() - start) / count
