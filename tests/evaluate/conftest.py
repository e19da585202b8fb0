"""Living cells without convolutions, and images small enough to score them in milliseconds."""

from __future__ import annotations

import numpy as np
import pytest

from zsbench.inputs import Batch, Inputs
from zsbench.registry import find_space

SKIPS = ["skip_connect", "none", "avg_pool_3x3"]


@pytest.fixture(scope="session")
def space():
    return find_space("nb201")


@pytest.fixture(scope="session")
def cells(space):
    """Return the indices of living cells without convolutions."""
    strings = [
        "|{}~0|+|{}~0|{}~1|+|skip_connect~0|{}~1|{}~2|".format(*[SKIPS[k % 3]] * 3, *[SKIPS[k // 3]] * 2)
        for k in range(4)
    ]
    return [space.index(text) for text in strings]


@pytest.fixture(scope="session")
def inputs():
    """Return two batches of four 8x8 images: the networks take any size."""
    generator = np.random.default_rng(3)

    def batch():
        images = generator.standard_normal((4, 3, 8, 8)).astype(np.float32)
        return Batch(images, generator.integers(10, size=4))

    return Inputs("made up", (batch(), batch()), np.zeros((0, 1, 3, 3), np.float32))
