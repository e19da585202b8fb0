"""Shared fixtures: folders of their own for every test, and the reference data that only some machines have."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of tests that need reference data."""
    config.addinivalue_line("markers", "reference: needs the folder of reference data that ZSBENCH_REFERENCE names")


@pytest.fixture
def reference() -> Path:
    """Return the folder of reference data; skip where ZSBENCH_REFERENCE isn't set, fail where it names no folder."""
    folder = os.environ.get("ZSBENCH_REFERENCE")
    if not folder:
        pytest.skip("ZSBENCH_REFERENCE names no folder of reference data")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"ZSBENCH_REFERENCE = {folder} is no folder")
    return path


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the user's results and benchmark files, and from the scores that come with zsbench."""
    monkeypatch.setenv("ZSBENCH_RESULTS", str(tmp_path / "own" / "results"))
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "own" / "benchmarks"))
    monkeypatch.setattr("zsbench.store.shipped.FILE", "none.h5")


@pytest.fixture(scope="session")
def nb101_cells(pytestconfig: pytest.Config) -> Path:
    """Return the file of all cells of NAS-Bench-101; once read, they stay in memory for the tests that follow.

    Generated (half a minute) where pytest's cache has none yet, or where the code says that they are not right.
    """
    from zsbench.spaces.cells101_kept import cells

    folder = pytestconfig.cache.mkdir("benchmarks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZSBENCH_DATA", str(folder))
        cells()
    return folder / "nb101" / "cells.npz"


@pytest.fixture
def nb101_cells_for_others(nb101_cells: Path, own_folders: None) -> None:
    """Put that file into the test's data folder, for the processes it starts."""
    place = Path(os.environ["ZSBENCH_DATA"]) / "nb101" / "cells.npz"
    place.parent.mkdir(parents=True)
    place.symlink_to(nb101_cells.resolve())


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Let torch, where a test imported it, use one thread."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
