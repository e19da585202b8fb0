"""`zsbench score`: compute what is missing into the store; resumes by itself."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.output import note

if TYPE_CHECKING:
    from zsbench.cli.request import Request
    from zsbench.evaluate import Plan


def score(
    space: Annotated[str, typer.Option(help="Space of architectures.")] = "nb201",
    dataset: Annotated[
        list[str] | None, typer.Option(help="Dataset, or all; repeatable [default: the space's first]")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option(help="Name, wildcard ('grad*'), family:NAME or all; repeatable [default: all]")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="Only the first N of one fixed permutation of the space; samples nest.")
    ] = None,
    archs: Annotated[
        Path | None, typer.Option(help="File of indices or architecture strings, one a line; - for stdin.")
    ] = None,
    unique: Annotated[bool, typer.Option("--unique", help="One representative an isomorphism class.")] = False,
    protocol: Annotated[str, typer.Option(help="unified, original, or a TOML file.")] = "unified",
    batch_size: Annotated[int | None, typer.Option(help="Inputs a batch [default: the protocol's]")] = None,
    init: Annotated[
        str | None, typer.Option(help="default, kaiming_fan_in, kaiming_fan_out, normal [default: the protocol's]")
    ] = None,
    input: Annotated[  # noqa: A002 (the option's own name)
        str, typer.Option(help="auto, photos, noise, cifar10[:DIR], cifar100[:DIR] or npz:FILE.")
    ] = "auto",
    seed: Annotated[str, typer.Option(help="Seed or seeds: 0, 0-4, 0,3,7.")] = "0",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    workers: Annotated[int | None, typer.Option(help="Processes [default: all cores; one on a GPU]")] = None,
    results: Annotated[Path | None, typer.Option(help="Results folder [default: ZSBENCH_RESULTS, ./results]")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and an estimate of its time; stop.")] = False,
    json_summary: Annotated[bool, typer.Option("--json", help="End with a summary line of JSON on stdout.")] = False,
) -> None:
    """Compute scores; what is stored already is not repeated."""
    from zsbench.cli.request import Request, make_plans

    request = Request.parse(
        space=space, datasets=dataset, proxies=proxy, sample=sample, archs=archs, unique=unique, protocol=protocol,
        batch_size=batch_size, init=init, source=input, seeds=seed, device=device, workers=workers, results=results,
    )  # fmt: skip
    plans = make_plans(request)
    if dry_run:
        _show_plan(plans, request)
    elif not any(plan.jobs for plan in plans):
        note("nothing to compute: all of it is stored (zsbench correlate)")
    else:
        _announce(plans, request)
    summary = _Summary()
    if not dry_run:
        _run(plans, request, summary)
    if json_summary:
        sys.stdout.write(json.dumps(summary.record(plans, dry_run=dry_run)) + "\n")


def _announce(plans: list[Plan], request: Request) -> None:
    for plan in plans:
        if plan.jobs:
            conditions = plan.jobs[0].conditions
            note(f"{plan.space} {plan.dataset}: {plan.networks:,} networks, {plan.scores:,} scores to compute")
            note(f"conditions: {conditions.describe()}; {request.workers} workers")


class _Summary:
    """Counts of what a run has done."""

    def __init__(self) -> None:
        self.scores = 0
        self.networks: set[tuple[str, int]] = set()
        self.without_value: dict[str, int] = {}
        self._start = time.monotonic()

    def record(self, plans: list[Plan], *, dry_run: bool) -> dict[str, object]:
        """Return what `--json` prints."""
        return {
            "planned_scores": sum(plan.scores for plan in plans),
            "scores": self.scores,
            "networks": len(self.networks),
            "without_value": self.without_value,
            "seconds": round(time.monotonic() - self._start, 3),
            "dry_run": dry_run,
        }

    @property
    def text(self) -> str:
        """One line for people."""
        bad = ", ".join(f"{status} {count:,}" for status, count in sorted(self.without_value.items()))
        took = time.monotonic() - self._start
        return f"{self.scores:,} scores of {len(self.networks):,} networks in {took:,.0f} s" + (
            f"; without a value: {bad}" if bad else ""
        )


def _run(plans: list[Plan], request: Request, summary: _Summary) -> None:
    from zsbench.cli.progress import progress
    from zsbench.evaluate import evaluate
    from zsbench.provenance import collect
    from zsbench.store import Writer

    try:
        with Writer(request.folder, collect(request.device)) as writer, progress(plans) as advance:
            for plan in plans:
                for job, scores in evaluate(plan, device=request.device, workers=request.workers):
                    writer.add(plan.space, plan.dataset, job.conditions, scores)
                    summary.scores += len(scores)
                    summary.networks.add((plan.dataset, job.index))
                    bad = [s for s in scores if s.value != s.value]  # noqa: PLR0124 (NaN)
                    for one in bad:
                        summary.without_value[one.status] = summary.without_value.get(one.status, 0) + 1
                    advance(sum(one.status in ("failed", "oom", "nan", "inf") for one in bad))
    except KeyboardInterrupt:
        note(f"\ninterrupted; {summary.text}; all of it is stored. To go on, run the same again:")
        note(f"  {_command()}")
        raise
    if summary.scores:
        note(f"{summary.text}. Next: zsbench correlate")


def _command() -> str:
    from zsbench.provenance import command_line

    return command_line(sys.argv)


def _show_plan(plans: list[Plan], request: Request) -> None:
    from zsbench.cli.estimate import estimate
    from zsbench.cli.output import emit

    emit(estimate(plans, request.device, request.workers))

