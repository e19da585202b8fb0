"""`zsbench score`: compute what is missing into the store; resumes by itself."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.output import note
from zsbench.errors import UsageError

if TYPE_CHECKING:
    from zsbench.cli.request import Request
    from zsbench.cli.tally import Tally
    from zsbench.evaluate import Plan


def score(
    space: Annotated[str | None, typer.Option(help="Space of architectures [default: nb201]")] = None,
    model: Annotated[
        str | None, typer.Option(help="Instead of a space: FILE.py:FUNCTION that yields (name, torch.nn.Module) pairs.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="CSV file of the --model's accuracies: columns name, accuracy (per cent).")
    ] = None,
    dataset: Annotated[
        list[str] | None, typer.Option(help="Dataset, or all; repeatable [default: the space's first]")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option(help="Name, wildcard ('grad*'), family:NAME or all; repeatable [default: all]")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="First N of a fixed permutation of the space; samples nest [default: all]")
    ] = None,
    archs: Annotated[
        Path | None, typer.Option(help="File of indices or architecture strings, one a line; - for stdin.")
    ] = None,
    unique: Annotated[bool, typer.Option("--unique", help="One of equal networks: they share its scores.")] = False,
    protocol: Annotated[str, typer.Option(help="unified, original, or a TOML file.")] = "unified",
    batch_size: Annotated[int | None, typer.Option(help="Inputs a batch [default: the protocol's]")] = None,
    init: Annotated[
        str | None, typer.Option(help="default, kaiming_fan_in, kaiming_fan_out, normal [default: the protocol's]")
    ] = None,
    input: Annotated[
        str, typer.Option(help="auto, photos, noise, cifar10[:DIR], cifar100[:DIR] or npz:FILE.")
    ] = "auto",
    seed: Annotated[str, typer.Option(help="Seed or seeds: 0, 0-4, 0,3,7.")] = "0",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    workers: Annotated[int | None, typer.Option(help="Processes [default: all cores; one on a GPU]")] = None,
    stack: Annotated[int, typer.Option(help="Networks computed at once, where a space can: for GPUs.")] = 1,
    results: Annotated[Path | None, typer.Option(help="Results folder [default: ZSBENCH_RESULTS, ./results]")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and an estimate of the time.")] = False,
    json_summary: Annotated[bool, typer.Option("--json", help="End with a summary line of JSON on stdout.")] = False,
) -> None:
    """Compute scores; what is stored already is not repeated."""
    from zsbench.cli.planning import make_plans
    from zsbench.cli.request import Request
    from zsbench.cli.tally import Tally

    if stack < 1:
        raise UsageError(f"--stack {stack} is not possible", "at least 1")
    chosen, dataset = _space(space, model, truth, dataset)
    request = Request.parse(
        space=chosen, datasets=dataset, proxies=proxy, sample=sample, archs=archs, unique=unique, protocol=protocol,
        batch_size=batch_size, init=init, source=input, seeds=seed, device=device, workers=workers, results=results,
    )  # fmt: skip
    plans = make_plans(request)
    tally = Tally(plans)
    try:
        if dry_run:
            _price(plans, request, tally, stack, show=not json_summary)
        elif not tally.planned_scores:
            note("nothing to compute: all of it is stored (zsbench correlate)")
        else:
            _run(plans, request, tally, stack)
    finally:  # a run that is stopped, or fails, has stored what it counted
        if json_summary:
            sys.stdout.write(json.dumps(tally.record()) + "\n")
            sys.stdout.flush()  # a reader that has left is noticed here, not when Python exits


def _space(
    space: str | None, model: str | None, truth: Path | None, datasets: list[str] | None
) -> tuple[str, list[str] | None]:
    """Return the names of the space and of its datasets; with a model, it becomes a space now."""
    if model is None:
        if truth is not None:
            raise UsageError("--truth belongs to --model", "zsbench data import brings accuracies of a space")
        return space or "nb201", datasets
    if space is not None:
        raise UsageError("--space and --model exclude each other", "give one of them")
    from zsbench.cli.model import own_space

    return own_space(model, datasets, truth).name, None


def _price(plans: list[Plan], request: Request, tally: Tally, stack: int, *, show: bool) -> None:
    from zsbench.cli.estimate import estimate, price
    from zsbench.cli.output import emit

    if tally.planned_scores:
        note("measuring a few networks for an estimate")
    prices = [price(plan, request.device, stack) for plan in plans]
    tally.estimated_seconds = sum(one.seconds for one in prices) / request.workers
    if show:
        emit(estimate(plans, prices, request.device, request.workers))


def _run(plans: list[Plan], request: Request, tally: Tally, stack: int) -> None:
    from zsbench.cli.progress import progress
    from zsbench.cli.stopping import Stopping
    from zsbench.evaluate import evaluate
    from zsbench.provenance import collect
    from zsbench.store import Writer

    stopping = Stopping()
    try:
        with stopping.obeyed(), Writer(request.folder, collect(request.device)) as writer:
            _announce(plans, request, stack)
            with progress(plans) as advance:
                for plan in plans:
                    with closing(
                        evaluate(plan, device=request.device, workers=request.workers, stack=stack)
                    ) as running:
                        for job, scores in running:
                            with stopping.held():
                                writer.add(plan.space, plan.dataset, job.conditions, scores)
                                advance(plan.dataset, job.index, tally.add(plan.dataset, job.index, scores))
    except KeyboardInterrupt:
        note(_wrapped(f"interrupted; stored: {tally.text}. To go on, run the same again:"))
        note(f"  {shlex.join(['zsbench', *sys.argv[1:]])}")
        raise
    finally:
        for line in tally.failures:
            note(line)
    note(_wrapped(f"{tally.text}. Next: zsbench correlate"))


def _announce(plans: list[Plan], request: Request, stack: int) -> None:
    for plan in plans:
        if plan.jobs:
            note(f"{plan.space} {plan.dataset}: {plan.networks:,} networks, {plan.scores:,} scores to compute")
    asked = {job.conditions for plan in plans for job in plan.jobs}
    first, *more = sorted({conditions.seed for conditions in asked})
    for text in sorted({replace(conditions, seed=first).describe() for conditions in asked}):
        note(_wrapped(f"conditions: {text}"))
    if more:
        note(_wrapped(f"and the same with seed {', '.join(map(str, more))}"))
    together = f", {_together(stack, request)}" if stack > 1 else ""
    note(f"{request.workers} worker{'s' * (request.workers > 1)}{together}, scores go to {request.folder}")


def _together(stack: int, request: Request) -> str:
    if request.space.stacking() is None:
        return f"one network at a time ({request.space.name} has no stacks)"
    return f"{stack} networks at once"


def _wrapped(text: str) -> str:
    """Break a long line between words on a terminal; leave it whole in a log."""
    if not sys.stderr.isatty():
        return text
    return textwrap.fill(text, shutil.get_terminal_size().columns, subsequent_indent="  ")
