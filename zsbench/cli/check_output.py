"""How `zsbench check` says what it found: a table, JUnit, and what GitHub Actions reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import Format, emit, note, wants_people_view, write_file

if TYPE_CHECKING:
    from zsbench.checks import Baseline, NewScores, Report
    from zsbench.cli.check import ReportFormat


def show(report: Report, format: ReportFormat | None, output: Path | None, *, strict: bool, gate: str) -> None:
    """Write the report; people see the proxies with something to say, programs all of them."""
    from zsbench.checks import Layer
    from zsbench.checks.document import document
    from zsbench.checks.junit import junit
    from zsbench.checks.tabulate import report_table

    suffix = output.suffix.lower() if output and format is None else ""
    if format == "junit" or suffix == ".xml":
        _write(junit(report, strict=strict, gate=Layer(gate)), output)
        return
    if format == "json" or suffix == ".json":
        _write(document(report, strict=strict, gate=Layer(gate)), output)
        return
    chosen = Format(format.value) if format else None
    everything = not wants_people_view(chosen, output)
    emit(report_table(report, everything=everything, strict=strict, gate=Layer(gate)), chosen, output)


def explained(
    baseline: Baseline, new: NewScores, report: Report, proxy: str, format: ReportFormat | None, output: Path | None
) -> None:
    """Write what moved of one proxy."""
    from zsbench.checks.explain import explain
    from zsbench.errors import UsageError
    from zsbench.registry import proxies

    if format == "junit":
        raise UsageError("--explain has no JUnit form", "rich, tsv, json or md")
    table = explain(baseline, new.sets, report, proxies(), proxy)
    emit(table, Format(format.value) if format else None, output)


def tell_github(report: Report, *, strict: bool, gate: str) -> None:
    """Within GitHub Actions: annotations on stderr, and the report in the summary of the step."""
    from zsbench.checks import Layer
    from zsbench.checks.github import commands
    from zsbench.checks.tabulate import report_table
    from zsbench.registry import proxies
    from zsbench.render import render

    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    for text in commands(report, proxies(), root, Layer(gate), strict=strict):
        note(text)
    if place := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(place, "a", encoding="utf-8") as file:
            file.write(render(report_table(report, everything=False, strict=strict, gate=Layer(gate)), Format.MD))


def failed(report: Report, *, strict: bool, gate: str) -> bool:
    """Return whether the command exits with 4."""
    from zsbench.checks import Layer

    return report.failed(strict=strict, gate=Layer(gate))


def why(report: Report, *, strict: bool, gate: str) -> str:
    """Return the line that an exit with 4 ends with."""
    from zsbench.checks import Layer
    from zsbench.checks.tabulate import headline

    return headline(report, strict=strict, gate=Layer(gate))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    write_file(output, text.encode())
    note(f"wrote {output}")
