"""How a run gets on: networks done, rate, time left, failures; a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zsbench.cli.output import note

if TYPE_CHECKING:
    from rich.progress import Progress

    from zsbench.evaluate import Plan

Advance = Callable[[str, int, int], None]
"""Takes the dataset and index of a network of which one job is done, and how many of its scores failed."""
QUIET = 30.0
"""Seconds between two lines where nobody watches a bar, so that logs stay short."""


class Pace:
    """Counts jobs and networks; a network is done when its last job is."""

    def __init__(self, plans: list[Plan], clock: Callable[[], float] = time.monotonic) -> None:
        """Count what `plans` hold; `clock` tells seconds."""
        self._left = Counter((plan.dataset, job.index) for plan in plans for job in plan.jobs)
        self._clock = clock
        self._first = 0.0
        self.jobs = self._left.total()
        self.networks = len(self._left)
        self.jobs_done = 0
        self.networks_done = 0
        self.failures = 0

    def step(self, dataset: str, index: int, failed: int) -> None:
        """Take one finished job of a network, `failed` scores of which have no value that they should have."""
        if not self.jobs_done:
            self._first = self._clock()
        self.jobs_done += 1
        self.failures += failed
        self._left[dataset, index] -= 1
        self.networks_done += not self._left[dataset, index]

    @property
    def text(self) -> str:
        """Say it in a few words. The rate leaves out the start, as it counts from the first job that was done."""
        words = [f"{self.networks_done:,}/{self.networks:,} networks"]
        if not self.jobs_done:
            words.append("starting")
        passed = self._clock() - self._first
        if self.jobs_done > 1 and passed > 0:
            jobs_a_second = (self.jobs_done - 1) / passed
            rate = jobs_a_second * self.networks / self.jobs
            words.append(f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min")
            words.append(f"{_clock_time((self.jobs - self.jobs_done) / jobs_a_second)} left")
        if self.failures:
            words.append(f"{self.failures:,} failed")
        return ", ".join(words)


@contextmanager
def progress(plans: list[Plan]) -> Iterator[Advance]:
    """Show on stderr how the jobs of `plans` get on; the bar is gone afterwards."""
    pace = Pace(plans)
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _lines(pace)
        return
    with _bar() as bar:
        task = bar.add_task("", total=None, text=pace.text)  # without a total it pulses: starting

        def advance(dataset: str, index: int, failed: int) -> None:
            pace.step(dataset, index, failed)
            bar.console.width = _room()
            bar.update(task, total=pace.jobs, completed=pace.jobs_done, text=pace.text)

        yield advance


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    whole = Column(no_wrap=True)
    return Progress(
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=4)),
        TextColumn("{task.fields[text]}", markup=False, table_column=whole),
        console=Console(stderr=True, width=_room()),
        expand=True,
        transient=True,
    )


def _room() -> int:
    """Return the columns that a bar may take: the ^C that a terminal echoes must not break its line in two."""
    return max(20, shutil.get_terminal_size().columns - 3)


def _lines(pace: Pace, clock: Callable[[], float] = time.monotonic) -> Advance:
    said = clock()

    def advance(dataset: str, index: int, failed: int) -> None:
        nonlocal said
        pace.step(dataset, index, failed)
        if clock() - said >= QUIET:
            said = clock()
            note(pace.text)

    return advance


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
