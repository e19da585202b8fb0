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

Measure: TypeAlias = Callable[[], "float | None"]
"""What is timed; it returns its seconds where they are not just those of the call."""


@dataclass(frozen=True)
class Measured:
    """What one row took."""

    seconds: float
    """Wall time, the median of its repeats."""
    mebibytes: float
    """Peak resident memory of its process, or of the largest worker that it started."""


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
    most_times: float | None = None
    """How many times the time of that row it may take."""
    units: int = 1
    """What one call does so many of: the seconds are those of one."""


def main(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Measure the rows, print them as a table, and with `-o` write it; exit 4 where a target is missed."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("-o", "--output", type=Path, help="add the table, as Markdown, to this file as well")
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
        with options.output.open("a", encoding="utf-8") as file:
            file.write(f"{render(table, Format.MD)}\n")
        sys.stderr.write(f"wrote {options.output}\n")
    if any(_verdict(row, found).startswith("missed") for row in rows):
        sys.exit(4)


def _measure(row: Row) -> Measured:
    timed = row.prepare()
    seconds = []
    for _ in range(row.repeats):
        began = time.perf_counter()
        own = timed()
        seconds.append((time.perf_counter() - began if own is None else own) / row.units)
    # The larger of this process and the largest of those it started, such as workers.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Measured(sorted(seconds)[len(seconds) // 2], peak / (1024**2 if sys.platform == "darwin" else 1024))


def _in_process(row: Row) -> Measured:
    # The benchmark calls itself again, by the same interpreter, for one row.
    command = [sys.executable, sys.argv[0], "--row", row.name]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)  # noqa: S603
    return Measured(**json.loads(done.stdout))


def _verdict(row: Row, found: Mapping[str, Measured]) -> str:
    own = found[row.name]
    limits = {
        "seconds": (own.seconds, row.most_seconds),
        "memory": (own.mebibytes, row.most_mebibytes),
        "times": (_times(row, found), row.most_times),
    }
    met = {name: value <= most for name, (value, most) in limits.items() if most is not None and value is not None}
    if all(met.values()):
        return "met" if met else ""
    missed = [name for name, is_met in met.items() if not is_met]
    return "missed" if len(met) == 1 else f"missed ({', '.join(missed)})"


def _times(row: Row, found: Mapping[str, Measured]) -> float | None:
    return found[row.name].seconds / found[row.beside].seconds if row.beside else None


def _target(row: Row) -> str | None:
    parts = [
        f"{row.most_seconds:g} s" if row.most_seconds else "",
        _memory(row.most_mebibytes),
        f"{row.most_times:g} times" if row.most_times else "",
    ]
    return ", ".join(part for part in parts if part) or None


def _memory(mebibytes: float | None) -> str:
    return f"{mebibytes / 1024:g} GiB" if mebibytes else ""


def _table(title: str, rows: Sequence[Row], found: Mapping[str, Measured], notes: Sequence[str]) -> Table:
    columns = (
        Column("what"),
        Column("seconds", digits=3),
        Column("peak MiB", digits=0),
        Column("target"),
        Column("verdict"),
        Column("times", digits=3),
        Column("that of"),
    )
    return Table(title, columns, tuple(_cells(row, found) for row in rows), (*notes, machine()))


def machine() -> str:
    """Say on what and when it was measured."""
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Measured {now()[:10]} on {cpu_model()}, {cores} cores; {packages}."


def _cells(row: Row, found: Mapping[str, Measured]) -> tuple[Cell, ...]:
    own = found[row.name]
    verdict = _verdict(row, found)
    return (row.name, own.seconds, own.mebibytes, _target(row), verdict, _times(row, found), row.beside or None)
