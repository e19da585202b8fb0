"""What `zsbench data get` shows while a benchmark file comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.cli.output import note

if TYPE_CHECKING:
    from zsbench.manifest import BenchmarkFile


def fetched(file: BenchmarkFile) -> None:
    """Fetch a file, with a bar on a terminal; raise `ZsbenchError` as `zsbench.download.download` does."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from zsbench.download import download

    size = f"{file.size:,} bytes" if isinstance(file.size, int) else file.size
    note(f"fetching {file.url}{f' ({size})' if size else ''}")
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name, total=None)
        download(file, lambda done, total: bar.update(task, completed=done, total=total or None))
