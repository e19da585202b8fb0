"""Several networks scored at once, as one stack: for devices on which one is too small to be worth its launches.

A stack is no condition: weights, inputs and definitions are those of each network alone, and the numbers are the same
but for the rounding of sums in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from zsbench.evaluate.network import judge_all, needs_of, score_network, scores_of, subjects
from zsbench.inputs import Inputs
from zsbench.probes.stacked import Stack, measure_stack
from zsbench.registry import proxies
from zsbench.score import Score
from zsbench.spaces.base import Space

if TYPE_CHECKING:
    from zsbench.evaluate.plan import Job


def score_stack(
    space: Space, dataset: str, jobs: Sequence[Job], inputs: Inputs, device: torch.device
) -> list[list[Score]]:
    """Score several networks that lack the same proxies under the same conditions; see `score_network`."""
    join = space.stacking()
    if join is None or len(jobs) == 1:
        return [score_network(space, dataset, job, inputs, device) for job in jobs]
    known = proxies()
    chosen = [known[name] for name in jobs[0].proxies]
    dead = space.dead()
    every = [subjects(space, dataset, job, inputs, device) for job in jobs]
    draws = []
    for of_one_draw in zip(*every, strict=True):
        evidence = measure_stack(needs_of(chosen), Stack(of_one_draw, join))
        draws.append(
            [judge_all(chosen, found, dead=bool(dead[job.index])) for job, found in zip(jobs, evidence, strict=True)]
        )
    return [scores_of(space, job, own) for job, own in zip(jobs, zip(*draws, strict=True), strict=True)]
