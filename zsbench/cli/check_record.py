"""`zsbench check --record`: score networks under several seeds into a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn, write_file
from zsbench.errors import ZsbenchError

if TYPE_CHECKING:
    from zsbench.checks import Baseline, Facts
    from zsbench.cli.request import Request
    from zsbench.evaluate import Plan

SAMPLE, FEW = 60, 10


def record(
    path: Path,
    *,
    space: str,
    datasets: list[str] | None,
    proxies: list[str] | None,
    sample: int | None,
    archs: Path | None,
    seeds: str,
    protocol: str,
    batch_size: int | None,
    target: str | None,
    source: str,
    device: str,
    workers: int | None,
) -> None:
    """Write a baseline to `path`, and beside it, as .txt, what a reviewer reads of it."""
    from zsbench.checks import write_baseline
    from zsbench.checks.summary import summary
    from zsbench.cli.planning import make_plans
    from zsbench.cli.request import Request

    request = Request.parse(
        space=space, datasets=datasets, proxies=proxies, sample=SAMPLE if archs is None and sample is None else sample,
        archs=archs, unique=False, protocol=protocol, batch_size=batch_size, init=None, source=source, seeds=seeds,
        device=device, workers=workers, results=None,
    )  # fmt: skip
    (plan,) = make_plans(request, anew=True)
    baseline = _measured(plan, request, target)
    write_baseline(path, baseline)
    text = path.with_suffix(".txt")
    write_file(text, summary(baseline).encode())
    seeds_there = len({one.conditions.seed for one in baseline.sets})
    note(
        f"recorded {len(baseline.proxies)} proxies on {len(baseline.index)} networks, {seeds_there} seeds: "
        f"{path}, in words {text}"
    )
    if seeds_there < 2:
        warn("one seed: layer 2 cannot tell how far another seed would move a ranking (--seed 0-2)")
    if len(baseline.index) < FEW:
        warn(f"{len(baseline.index)} networks: layers 2 and 3 will hardly see a ranking move (--sample 60)")
    note(f"Next: zsbench check --baseline {path}")


def _measured(plan: Plan, request: Request, target: str | None) -> Baseline:
    from zsbench.checks import Baseline
    from zsbench.checks.rerun import run
    from zsbench.cli.progress import progress
    from zsbench.provenance import collect

    facts = _facts(plan, request, target)
    with progress([plan]) as advance:
        sets = run(
            plan,
            device=request.device,
            workers=request.workers,
            seen=lambda job, _scores: advance(plan.dataset, job.index, 0),
        )
    return Baseline(sets, facts, collect(request.device))


def _facts(plan: Plan, request: Request, target: str | None) -> Facts:
    """Return directions and truth; without accuracies a baseline has two layers, and says why."""
    import numpy as np

    from zsbench.api import dataset_truth
    from zsbench.checks import Facts

    directions = {proxy.name: proxy.higher_is_better for proxy in request.proxies}
    try:
        truth = dataset_truth(request.space, plan.dataset, target)
    except ZsbenchError as error:
        if target is not None:
            raise
        warn(f"without accuracies, usefulness cannot be checked: {error.message} ({error.hint})")
        return Facts(directions, source=error.message)
    values = {index: float(truth.values[index]) for index in request.indices if np.isfinite(truth.values[index])}
    return Facts(directions, truth.target, truth.source, values)
