"""The progress bar of a run: on stderr, networks done, rate, time left, failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zsbench.evaluate import Plan


@contextmanager
def progress(plans: list[Plan]) -> Iterator[Callable[[int], None]]:
    """Show progress over the jobs of `plans`; the yielded function takes one job's number of failures."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    total = sum(len(plan.jobs) for plan in plans)
    bar = Progress(
        TextColumn("networks"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
        console=Console(stderr=True),
        disable=not total,
    )
    failures = 0
    with bar:
        task = bar.add_task("", total=total, rate="", failed="")

        def advance(failed: int) -> None:
            nonlocal failures
            failures += failed
            bar.advance(task)
            state = bar.tasks[0]
            rate = state.completed / state.elapsed if state.elapsed else 0.0
            bar.update(task, rate=f"{rate:.2f}/s", failed=f"{failures} failed" if failures else "")

        yield advance
