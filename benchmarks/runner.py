"""What every benchmark shares: timing in a process of its own, machine facts, a table on stdout or in a file.

A benchmark is one file beside this one, with rows to measure and a call of `main`. Each row runs in a fresh process, so
that its peak memory is its own and nothing is warm that a user would find cold.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from zsbench.provenance import cpu_model, now, versions
from zsbench.render import Format, render
from zsbench.tables import Cell, Column, Table

Measure: TypeAlias = Callable[[], None]


@dataclass(frozen=True)
class Measured:
    """What one row took."""

    seconds: float
    """Wall time, the median of its repeats."""
    mebibytes: float
    """Peak resident memory of its process."""


@dataclass(frozen=True)
class Row:
    """Something to measure, and what it may take."""

    name: str
    prepare: Callable[[], Measure]
    """Makes the inputs and returns what is timed."""
    repeats: int = 3
    most_seconds: float | None = None
    most_mebibytes: float | None = None
    beside: str = ""
    """The row that its time is set against: what does the same, or part of it, in another way."""


def main(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Measure the rows, print them as a table, and with `-o` write it; exit 4 where a target is missed."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("-o", "--output", type=Path, help="write the table, as Markdown, to this file as well")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row is not None:
        row = next(row for row in rows if row.name == options.row)
        sys.stdout.write(json.dumps(asdict(_measure(row))))
        return
    found: dict[str, Measured] = {}
    for row in rows:
        sys.stderr.write(f"{row.name} ...\n")
        found[row.name] = _in_process(row)
    table = _table(title, rows, found, notes)
    sys.stdout.write(render(table, Format.RICH, width=100))
    if options.output is not None:
        options.output.write_text(render(table, Format.MD), encoding="utf-8")
        sys.stderr.write(f"wrote {options.output}\n")
    if any(_verdict(row, found[row.name]) == "missed" for row in rows):
        sys.exit(4)


def _measure(row: Row) -> Measured:
    timed = row.prepare()
    seconds = []
    for _ in range(row.repeats):
        began = time.perf_counter()
        timed()
        seconds.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Measured(sorted(seconds)[len(seconds) // 2], peak / (1024**2 if sys.platform == "darwin" else 1024))


def _in_process(row: Row) -> Measured:
    # The benchmark calls itself again, by the same interpreter, for one row.
    command = [sys.executable, sys.argv[0], "--row", row.name]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)  # noqa: S603
    return Measured(**json.loads(done.stdout))


def _verdict(row: Row, found: Measured) -> str:
    if row.most_seconds is None and row.most_mebibytes is None:
        return ""
    met = found.seconds <= (row.most_seconds or found.seconds) and found.mebibytes <= (
        row.most_mebibytes or found.mebibytes
    )
    return "met" if met else "missed"


def _target(row: Row) -> str | None:
    parts = [f"{row.most_seconds:g} s" if row.most_seconds else "", _memory(row.most_mebibytes)]
    return ", ".join(part for part in parts if part) or None


def _memory(mebibytes: float | None) -> str:
    return f"{mebibytes / 1024:g} GiB" if mebibytes else ""


def _table(title: str, rows: Sequence[Row], found: Mapping[str, Measured], notes: Sequence[str]) -> Table:
    columns = (
        Column("what"),
        Column("seconds", digits=2),
        Column("peak MiB", digits=0),
        Column("target"),
        Column("verdict"),
        Column("times", digits=2),
        Column("that of"),
    )
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"Measured {now()[:10]} on {cpu_model()}, {cores} cores; {packages}."
    return Table(title, columns, tuple(_cells(row, found) for row in rows), (*notes, machine))


def _cells(row: Row, found: Mapping[str, Measured]) -> tuple[Cell, ...]:
    own = found[row.name]
    times = own.seconds / found[row.beside].seconds if row.beside else None
    return (row.name, own.seconds, own.mebibytes, _target(row), _verdict(row, own), times, row.beside or None)
