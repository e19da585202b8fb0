"""How long scores take to write and to read, and zsbench to start: `make bench`."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from runner import Measure, Row, main

from zsbench.conditions import Conditions
from zsbench.provenance import Provenance
from zsbench.registry import find_space
from zsbench.score import Score, Status
from zsbench.store import Writer, read_scores


def origin() -> Provenance:
    """Return a provenance for made-up scores."""
    return Provenance(versions={}, command="benchmark", started="2026-01-01")


def stored(folder: Path, networks: int, columns: int) -> Writer:
    """Add made-up scores to a folder, not yet written."""
    writer, space = Writer(folder, origin()), find_space("nb201")
    for index in range(networks):
        arch = space.arch(index)
        scores = [Score(index, arch, f"proxy_{k}", 1, index + k / 64, Status.OK, 0.1) for k in range(columns)]
        writer.add("nb201", "cifar10", Conditions(torch="made up"), scores)
    return writer


def rewriting() -> Measure:
    """Go on with a run that holds 3,000 networks, until it has written all of it once more."""
    folder = tempfile.TemporaryDirectory()
    writer = stored(Path(folder.name), 3000, 22)
    writer.flush()
    one_more = Score(0, find_space("nb201").arch(0), "one_more", 1, 0.5, Status.OK, 0.1)

    def timed() -> float:
        (file,) = Path(folder.name).iterdir()
        since, before = time.perf_counter(), file.stat().st_mtime_ns
        while file.stat().st_mtime_ns == before:
            time.sleep(0.05)
            began = time.perf_counter()
            writer.add("nb201", "cifar10", Conditions(torch="made up"), [one_more])
            ended = time.perf_counter()
        return (ended - began) / (ended - since)

    return timed


def opening() -> Measure:
    """Read 15,625 networks x 30 scores."""
    folder = tempfile.TemporaryDirectory()
    stored(Path(folder.name), 15_625, 30).flush()

    def timed() -> None:
        if len(read_scores(Path(folder.name)).sets) != 1:
            raise RuntimeError("what was written is not what is read")

    return timed


def starting(*words: str) -> Measure:
    """Start zsbench; what counts is its CPU time."""
    # Installed programs are compiled once: a setting of this machine that forbids it is none of zsbench's time.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}

    def timed() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "zsbench", *words]
        subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return timed


def rows() -> list[Row]:
    """Return what is measured."""
    return [
        Row("writing, in a second of a run that holds 3,000 x 22 scores", rewriting, 3, most_seconds=0.01),
        Row("open 15,625 x 30 scores", opening, 5, most_seconds=0.2),
        Row("zsbench --help (CPU)", partial(starting, "--help"), 5, most_seconds=0.3),
        Row("zsbench list (CPU)", partial(starting, "list"), 5, most_seconds=0.3),
    ]


if __name__ == "__main__":
    main("Storing scores, and starting", rows())
