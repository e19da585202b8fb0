"""Small scores to store."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from zsbench.conditions import Conditions
from zsbench.provenance import Provenance
from zsbench.score import Score, Status
from zsbench.store import Writer

Make = Callable[..., Score]
Store = Callable[..., Path]


@pytest.fixture
def make() -> Make:
    """Return a maker of scores: `make(3, "snip", 1.5)`."""

    def score(
        index: int,
        proxy: str = "snip",
        value: float = math.nan,
        status: Status | None = None,
        *,
        version: int = 1,
        arch: str | None = None,
        reason: str = "",
    ) -> Score:
        status = status or (Status.OK if math.isfinite(value) else Status.FAILED)
        return Score(index, arch or f"arch-{index}", proxy, version, value, status, 0.25, reason)

    return score


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a scores folder that does not exist yet."""
    return tmp_path / "results" / "scores"


@pytest.fixture
def store(folder: Path) -> Store:
    """Return a function that stores scores as one run and returns its file."""

    def run(*scores: Score, dataset: str = "cifar10", conditions: Conditions | None = None) -> Path:
        with Writer(folder, Provenance(command="zsbench score")) as writer:
            writer.add("nb201", dataset, conditions or Conditions(), scores)
        return writer.files[-1]

    return run
