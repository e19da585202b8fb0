"""Computing a baseline's scores again, under its own conditions: those of the file, not of today."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import replace

from zsbench.checks.baseline import Baseline, by_seed
from zsbench.checks.judge import NewScores
from zsbench.conditions import Conditions
from zsbench.errors import UsageError, ZsbenchError
from zsbench.evaluate import Job, Plan, evaluate, make_plan
from zsbench.inputs import Inputs, draw_inputs
from zsbench.provenance import collect
from zsbench.registry import Proxy, find_space, proxies, spaces
from zsbench.score import Score
from zsbench.sources import find_source
from zsbench.spaces.base import Space
from zsbench.store.model import StoredSet
from zsbench.store.union import from_scores

Seen = Callable[[Job, Sequence[Score]], None]
"""Called after every job, with its scores."""


def rerun(
    baseline: Baseline,
    chosen: Sequence[str],
    *,
    device: str = "cpu",
    workers: int = 1,
    source: str | None = None,
    seeds: Collection[int] = (),
    seen: Seen | None = None,
) -> NewScores:
    """Score the baseline's networks again with the proxies `chosen` that it has.

    `seeds` are some of the baseline's, by default the last alone: what a seed does stands in the baseline, and a proxy
    that forgot to heed its seed would go unseen under the first, 0. `source` is where the input images come from, by
    default the kind that the baseline names. Raises `ZsbenchError` if its space or architectures are not those known
    here, it has no such seed, or the inputs are missing.
    """
    plan = plan_of(baseline, chosen, device=device, source=source, seeds=seeds)
    return NewScores(run(plan, device=device, workers=workers, seen=seen), collect(device), tuple(chosen))


def run(plan: Plan, *, device: str, workers: int, seen: Seen | None = None) -> tuple[StoredSet, ...]:
    """Return the scores of a whole plan, one set a set of conditions."""
    found: dict[Conditions, list[Score]] = {conditions: [] for conditions in plan.inputs}
    with closing(evaluate(plan, device=device, workers=workers)) as running:
        for job, scores in running:
            found[job.conditions] += scores
            if seen:
                seen(job, scores)
    sets = [from_scores(plan.space, plan.dataset, conditions, scores) for conditions, scores in found.items() if scores]
    return by_seed(sets)


def plan_of(
    baseline: Baseline,
    chosen: Sequence[str],
    *,
    device: str = "cpu",
    source: str | None = None,
    seeds: Collection[int] = (),
) -> Plan:
    """Return what there is to compute; see `rerun`."""
    if unknown := sorted(set(seeds) - set(baseline.seeds)):
        raise UsageError(f"the baseline has no seed {_list(unknown)}", f"it has {_list(baseline.seeds)}")
    space = _space_of(baseline)
    known = proxies()
    wanted: list[tuple[Proxy, Conditions]] = []
    inputs: dict[Conditions, Inputs] = {}
    for stored in baseline.sets:
        asked = [name for name in chosen if stored.conditions.seed in (seeds or _last(baseline, name))]
        names = sorted({name for name, _ in stored.columns} & set(asked) & set(known))
        if not names:
            continue
        drawn = _inputs(baseline, space, stored.conditions, source)
        conditions = _today(stored.conditions, drawn, device)
        inputs[conditions] = drawn
        wanted += [(known[name], conditions) for name in names]
    return make_plan(space.name, baseline.dataset, baseline.index.tolist(), wanted, inputs, lambda *_: ())


def _last(baseline: Baseline, proxy: str) -> list[int]:
    seeds = [one.conditions.seed for one in baseline.sets if proxy in {name for name, _ in one.columns}]
    return [max(seeds)] if seeds else []


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _today(then: Conditions, drawn: Inputs, device: str) -> Conditions:
    release = ".".join(importlib.metadata.version("torch").split(".")[:2])
    return replace(then, input=drawn.source, input_digest=drawn.digest, torch=release, device=device.partition(":")[0])


def _inputs(baseline: Baseline, space: Space, conditions: Conditions, source: str | None) -> Inputs:
    if conditions.are_theirs:
        raise ZsbenchError("these scores were computed elsewhere: they cannot be computed again", "--scores FILE")
    if conditions.input == "npz" and source is None:
        raise UsageError("the baseline was fed from an npz file", "say where it is: --input npz:FILE")
    dataset = space.dataset(baseline.dataset)
    images = find_source(source or conditions.input, dataset.name)
    return draw_inputs(images, dataset.size, dataset.classes, conditions.batch_size, conditions.seed)


def _space_of(baseline: Baseline) -> Space:
    """Return the baseline's space; raise `ZsbenchError` if it is not here, or its networks are not the same."""
    if baseline.space not in spaces():
        hint = "a plug-in that is not installed? A file that `zsbench score --model` registers again?"
        raise ZsbenchError(f"the baseline is of {baseline.space}, which is no space here", hint)
    space = find_space(baseline.space)
    if baseline.dataset not in {dataset.name for dataset in space.datasets}:
        raise ZsbenchError(f"the baseline is of {baseline.dataset}, which is no dataset of {space.name} here")
    wrong = [
        (i, arch)
        for i, arch in zip(baseline.index.tolist(), baseline.arch.tolist(), strict=True)
        if not 0 <= i < len(space) or space.arch(i) != arch
    ]
    if wrong:
        raise ZsbenchError(
            f"{len(wrong)} networks of the baseline are not those of {space.name} here, first {wrong[0][0]}: "
            f"{wrong[0][1]}",
            "record the baseline again",
        )
    return space
