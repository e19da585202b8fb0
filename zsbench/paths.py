"""Where things lie: results, benchmark files, and the configuration that comes with the package."""

from __future__ import annotations

import os
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
    """Return the folder `configs` or `data` that ships with zsbench (inside a wheel, or the checkout's own)."""
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
