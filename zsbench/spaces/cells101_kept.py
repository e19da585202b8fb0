"""The cells of NAS-Bench-101, generated once and kept in the data folder: `nb101/cells.npz`, 8.5 MB."""

from __future__ import annotations

import logging
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from zsbench.errors import ZsbenchError
from zsbench.paths import data_folder, replacing
from zsbench.spaces.cells101 import SIZE, Cells, generate

LOG = logging.getLogger("zsbench")
QUIET = 5.0
"""Seconds between two lines on how it gets on."""


@cache
def cells() -> Cells:
    """Return all cells: read where they are kept, else generated (some 20 s) and kept.

    A file that is damaged, by the digests, is replaced; where it can't be written, the cells are generated each time.
    """
    path = data_folder() / "nb101" / "cells.npz"
    kept = read(path)
    if kept is not None:
        return kept
    LOG.info("generating the %s cells of NAS-Bench-101, once: a minute at most", f"{SIZE:,}")
    made = generate(_announcing(time.monotonic))
    if not made.are_right():
        raise ZsbenchError("the cells generated are not those of NAS-Bench-101", "this is a bug in zsbench")
    _keep(made, path)
    return made


def read(path: Path) -> Cells | None:
    """Return the cells kept in a file, None if there are none, or not the right ones."""
    import numpy as np

    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            kept = Cells(arrays["hashes"], arrays["codes"])
        if kept.are_right():
            return kept
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        LOG.info("%s can't be read (%s)", path, error)
    LOG.info("%s is damaged, and made anew", path)
    return None


def _keep(made: Cells, path: Path) -> None:
    import numpy as np

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside, aside.open("wb") as file:
            np.savez(file, hashes=made.hashes, codes=made.codes)
        LOG.info("wrote %s", path)
    except OSError as error:
        LOG.warning("the cells can't be kept in %s (%s): they are generated each time", path, error.strerror or error)


def _announcing(clock: Callable[[], float]) -> Callable[[int, int], None]:
    said = clock()

    def progress(done: int, total: int) -> None:
        nonlocal said
        if clock() - said >= QUIET:
            said = clock()
            LOG.info("generating cells: %s", f"{done / total:.0%}")

    return progress
