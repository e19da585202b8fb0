"""Where things lie: results, benchmark files, and the configuration that comes with the package."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).parent


def results_folder(override: Path | None = None) -> Path:
    """Return where scores and tables go: `override`, `ZSBENCH_RESULTS`, the project's `results/`, the user's data."""
    return override or _folder("ZSBENCH_RESULTS", "results")


def data_folder() -> Path:
    """Return where imported benchmark tables and downloads go: `ZSBENCH_DATA`, the project's, or the user's."""
    return _folder("ZSBENCH_DATA", "data/benchmarks")


def _folder(variable: str, name: str) -> Path:
    if value := os.environ.get(variable):
        return Path(value).expanduser()
    project = next((p for p in (Path.cwd(), *Path.cwd().parents) if (p / "pyproject.toml").is_file()), None)
    return (project or Path(platformdirs.user_data_dir("zsbench", appauthor=False))) / name


def packaged(name: str) -> Path:
    """Return a folder that ships with zsbench, such as `configs` or `data` (inside a wheel, or the checkout's own)."""
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file aside, and put it, synced, in the place of `path` if all went well; raise `OSError` if it did not."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o644)
        _sync(aside)
        aside.replace(path)
        _sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
