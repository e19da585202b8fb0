"""`zsbench check`: record a baseline, or hold today's proxies against one; exit 4 when a ranking moved."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.errors import DifferenceFoundError, UsageError

if TYPE_CHECKING:
    from zsbench.checks import Baseline, NewScores, Report


class ReportFormat(StrEnum):
    """How a report is written."""

    RICH = "rich"
    TSV = "tsv"
    JSON = "json"
    MD = "md"
    JUNIT = "junit"


class Gate(StrEnum):
    """The lowest layer that fails a check."""

    NUMBERS = "numbers"
    RANKS = "ranks"
    USEFULNESS = "usefulness"


_RECORDING = ("space", "dataset", "sample", "archs", "protocol", "batch_size", "target")
"""Options that a check takes from its baseline."""
_SUFFIXES = (".h5", ".hdf5")


def check(
    context: typer.Context,
    baseline: Annotated[Path | None, typer.Option(help="Baseline to hold the proxies against.")] = None,
    scores: Annotated[
        Path | None,
        typer.Option(help="Compute nothing, compare with these: a score file, an export, or another project's file."),
    ] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="PROXY", help="Show the networks that moved most, and what differs.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail on new, removed and redefined proxies, statuses, platform shifts, too."),
    ] = False,
    gate: Annotated[
        Gate, typer.Option(help="Lowest layer that fails the check: numbers, ranks or usefulness.")
    ] = Gate.NUMBERS,
    record: Annotated[bool, typer.Option("--record", help="Record a baseline into the -o file instead.")] = False,
    space: Annotated[str, typer.Option(help="With --record: space of architectures.")] = "nb201",
    dataset: Annotated[str | None, typer.Option(help="With --record: dataset [default: the space's first]")] = None,
    proxy: Annotated[
        list[str] | None, typer.Option(help="Name, wildcard ('grad*'), family:NAME or all; repeatable [default: all]")
    ] = None,
    sample: Annotated[int | None, typer.Option(help="With --record: first N of a fixed permutation [60]")] = None,
    archs: Annotated[Path | None, typer.Option(help="With --record: file of indices or architectures.")] = None,
    seed: Annotated[
        str | None,
        typer.Option(help="Seeds to record, two or more [0-2]; to check again: some of those, or all [the last]."),
    ] = None,
    protocol: Annotated[str, typer.Option(help="With --record: unified, original, or a TOML file.")] = "unified",
    batch_size: Annotated[int | None, typer.Option(help="With --record: inputs a batch.")] = None,
    target: Annotated[str | None, typer.Option(help="With --record: truth column [default: test, else valid]")] = None,
    input: Annotated[
        str | None,
        typer.Option(help="photos, noise, cifar10[:DIR], npz:FILE ... [default: photos; a baseline's own in a check]"),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda ... [default: cpu; a baseline's own in a check]")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes [default: all cores; one on a GPU]")] = None,
    format: Annotated[
        ReportFormat | None, typer.Option(help="[default: rich on a terminal, tsv in a pipe, else the file's suffix]")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The baseline, or a file to report to.")] = None,
) -> None:
    """Hold proxies against a recorded baseline: has any ranking moved?

    zsbench check --record -o baseline.h5 --sample 60 --seed 0-2

    zsbench check --baseline baseline.h5

    Exit codes: 0 nothing moved, 4 something did, 1 it cannot be told, 3 there is nothing to compare.
    """
    from zsbench.cli import check_output, check_record, check_scores

    if record:
        if output is None or baseline or scores or explain:
            raise UsageError("--record takes -o FILE, and neither --baseline, --scores nor --explain")
        if output.suffix.lower() not in _SUFFIXES:
            raise UsageError(f"a baseline is an HDF5 file, not {output.name}", f"-o {output.stem}.h5")
        check_record.record(
            output, space=space, datasets=[dataset] if dataset else None, proxies=proxy, sample=sample, archs=archs,
            seeds=seed or "0-2", protocol=protocol, batch_size=batch_size, target=target, source=input or "photos",
            device=device or "cpu", workers=workers,
        )  # fmt: skip
        return
    if baseline is None:
        raise UsageError("which baseline?", "--baseline FILE; zsbench check --record -o FILE makes one")
    _refuse_recording(context)
    held = _read(baseline)
    new = check_scores.new_scores(held, scores, proxies=proxy, seeds=seed, source=input, device=device, workers=workers)
    report = _judged(held, new)
    if explain is not None:
        check_output.explained(held, new, report, explain, format, output)
    else:
        check_output.show(report, format, output, strict=strict, gate=gate.value)
    check_output.tell_github(report, strict=strict, gate=gate.value)
    if check_output.failed(report, strict=strict, gate=gate.value):
        reason = check_output.why(report, strict=strict, gate=gate.value)
        raise DifferenceFoundError(reason, f"{_again(baseline)} shows one in detail; docs/ci.md")


def _refuse_recording(context: typer.Context) -> None:
    given = [name for name in _RECORDING if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]
    if given:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise UsageError(f"{options} with --record only: a check runs under its baseline's own", "leave it out")


def _read(path: Path) -> Baseline:
    from zsbench.checks import read_baseline

    return read_baseline(path)


def _judged(baseline: Baseline, new: NewScores) -> Report:
    from zsbench.checks import judge
    from zsbench.registry import proxies

    return judge(baseline, new, proxies())


def _again(baseline: Path) -> str:
    return f"zsbench check --baseline {baseline} --explain PROXY"
