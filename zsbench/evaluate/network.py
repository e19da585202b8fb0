"""All asked-for scores of one network under one set of conditions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from zsbench.errors import DegenerateError, SingularError, UnsupportedError
from zsbench.evaluate.plan import Job
from zsbench.evidence import Need
from zsbench.inputs import Inputs
from zsbench.probes import Subject, measure
from zsbench.probes.batch_pass import Stopwatch, Timed
from zsbench.probes.measure import EXPLAINED
from zsbench.registry import Proxy, proxies
from zsbench.score import Score, Status
from zsbench.spaces.base import Space


@dataclass(frozen=True)
class Outcome:
    """One proxy on one draw of one network."""

    value: float
    status: Status
    seconds: float
    reason: str = ""


def score_network(space: Space, dataset: str, job: Job, inputs: Inputs, device: torch.device) -> list[Score]:
    """Score one network with all proxies of a job; the mean over `conditions.repeats` draws of weights."""
    known = proxies()
    chosen = [known[name] for name in job.proxies]
    draws = [
        score_subject(subject, chosen, dead=bool(space.dead()[job.index]))
        for subject in subjects(space, dataset, job, inputs, device)
    ]
    return scores_of(space, job, draws)


def subjects(space: Space, dataset: str, job: Job, inputs: Inputs, device: torch.device) -> Iterator[Subject]:
    """Yield what is measured of one network: one subject for each of `conditions.repeats` draws of weights."""
    arch = space.arch(job.index)
    for repeat in range(job.conditions.repeats):
        yield Subject(
            identity=f"{space.name}/{dataset}/{arch}",
            build=lambda: space.network(arch, dataset),
            build_thin=lambda: space.thin_network(arch),
            inputs=inputs,
            conditions=job.conditions,
            device=device,
            repeat=repeat,
            unlabelled=space.dataset(dataset).unlabelled,
        )


def scores_of(space: Space, job: Job, draws: Sequence[dict[str, Outcome]]) -> list[Score]:
    """Return the scores of a job, given the outcomes of each draw by proxy."""
    known = proxies()
    arch = space.arch(job.index)
    chosen = [known[name] for name in job.proxies]
    outcomes = [_mean([draw[proxy.name] for draw in draws]) for proxy in chosen]
    return [
        Score(job.index, arch, proxy.name, proxy.version, o.value, o.status, o.seconds, o.reason)
        for proxy, o in zip(chosen, outcomes, strict=True)
    ]


def score_subject(subject: Subject, chosen: Sequence[Proxy], *, dead: bool = False) -> dict[str, Outcome]:
    """Measure what the proxies need, each need once, and turn it into outcomes by proxy name."""
    return judge_all(chosen, measure(needs_of(chosen), subject), dead=dead)


def needs_of(chosen: Sequence[Proxy]) -> list[Need]:
    """Return what the proxies need, each need once."""
    return list(dict.fromkeys(need for proxy in chosen for need in proxy.needs))


def judge_all(
    chosen: Sequence[Proxy], evidence: dict[Need, Timed | Exception], *, dead: bool = False
) -> dict[str, Outcome]:
    """Turn what was measured of one network into outcomes by proxy name."""
    return {proxy.name: _outcome(proxy, evidence, dead=dead) for proxy in chosen}


_STANDS = (Status.UNSUPPORTED, Status.FAILED, Status.OOM)
"""What also a dead network's outcome says of the proxy or the machine, not of the network."""


def _outcome(proxy: Proxy, evidence: dict[Need, Timed | Exception], *, dead: bool) -> Outcome:
    outcome = _judge(proxy, [evidence[need] for need in proxy.needs])
    if dead and proxy.family != "complexity" and outcome.status not in _STANDS:
        # Such a network often has a finite, ordinary score: only its graph shows that the score means nothing.
        reason = "no path leads from input to output"
        return replace(outcome, status=Status.DEGENERATE, reason=reason)
    return outcome


def _judge(proxy: Proxy, found: Sequence[Timed | Exception]) -> Outcome:
    for piece in found:
        if isinstance(piece, Exception):
            return _failure(piece, 0.0)
    timed = [piece for piece in found if isinstance(piece, Timed)]
    watch = Stopwatch()
    try:
        value = float(proxy.score(*(piece.value for piece in timed)))
    except EXPLAINED as error:
        return _failure(error, sum(piece.seconds for piece in timed) + watch.lap())
    seconds = sum(piece.seconds for piece in timed) + watch.lap()
    if value == 0 and proxy.family.startswith("gradient"):
        return Outcome(value, Status.DEGENERATE, seconds, "all gradients are zero")
    return _finite(value, seconds)


def _finite(value: float, seconds: float) -> Outcome:
    if math.isnan(value):
        return Outcome(math.nan, Status.NAN, seconds, "not a number")
    if math.isinf(value):
        return Outcome(math.nan, Status.INF, seconds, "overflow")
    return Outcome(value, Status.OK, seconds)


def _failure(error: Exception, seconds: float) -> Outcome:
    match error:
        case DegenerateError():
            status = Status.DEGENERATE
        case SingularError():
            status = Status.NAN
        case UnsupportedError():
            status = Status.UNSUPPORTED
        case MemoryError() | torch.OutOfMemoryError():
            status = Status.OOM
        case _ if "can't allocate memory" in str(error):
            # PyTorch's CPU allocator raises a bare RuntimeError.
            status = Status.OOM
        case _:
            status = Status.FAILED
    text = str(error).strip().splitlines()
    return Outcome(math.nan, status, seconds, text[0] if text else type(error).__name__)


def _mean(draws: Sequence[Outcome]) -> Outcome:
    """Average draws; one that gave no value takes the whole with it, as a mean over fewer is another quantity."""
    for outcome in draws:
        if math.isnan(outcome.value):
            return outcome
    total: Any = sum(outcome.seconds for outcome in draws)
    return Outcome(statistics.fmean(o.value for o in draws), draws[0].status, total, draws[0].reason)
