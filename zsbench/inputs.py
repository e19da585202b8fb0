"""Input batches: photographs, noise, or CIFAR files; one deterministic batch for all networks of a run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zsbench.conditions import derived_seed
from zsbench.errors import ZsbenchError
from zsbench.sources import Source


@dataclass(frozen=True)
class Batch:
    """Normalised images (N, 3, H, W) float32 and labels (N,) int64."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Inputs:
    """All that networks are fed under given conditions."""

    source: str
    batches: tuple[Batch, Batch]
    crops: NDArray[np.float32]
    """(27,000, 1, 3, 3) one-channel crops for linear_regions, from images of the same source."""

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the sha256 of everything a network may be fed."""
        total = hashlib.sha256()
        for batch in self.batches:
            total.update(batch.images.tobytes())
            total.update(batch.labels.tobytes())
        total.update(self.crops.tobytes())
        return total.hexdigest()[:12]


def draw_inputs(source: Source, size: int, classes: int, batch_size: int, seed: int) -> Inputs:
    """Draw two batches (of different images where the source has files) and the crops; a function of its arguments.

    Raises `UsageError` if the source cannot serve them.
    """
    generator = np.random.default_rng(derived_seed("inputs", source.name, size, seed))
    pool, labels = source.images(2 * batch_size, size, classes, generator)
    pool = normalise(pool)
    batches = tuple(
        Batch(np.ascontiguousarray(pool[part]), labels[part])
        for part in (slice(0, batch_size), slice(batch_size, 2 * batch_size))
    )
    return Inputs(source.name, (batches[0], batches[1]), _crops(pool, generator))


def normalise(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shift and scale each colour channel of (N, 3, H, W) images to mean 0 and standard deviation 1.

    Raises `ZsbenchError` if all pixels of a channel are equal.
    """
    wide = images.astype(np.float64)
    mean = wide.mean(axis=(0, 2, 3), keepdims=True)
    deviation = wide.std(axis=(0, 2, 3), keepdims=True)
    if not deviation.all():
        raise ZsbenchError("all pixels of a colour channel are equal: nothing can be measured", "--input photos")
    normalised: NDArray[np.float32] = ((wide - mean) / deviation).astype(np.float32)
    return normalised


def _crops(images: NDArray[np.float32], generator: np.random.Generator, count: int = 27_000) -> NDArray[np.float32]:
    number, channels, height, width = images.shape
    image = generator.integers(number, size=count)[:, None, None]
    channel = generator.integers(channels, size=count)[:, None, None]
    row = generator.integers(height - 2, size=count)[:, None, None] + np.arange(3)[:, None]
    column = generator.integers(width - 2, size=count)[:, None, None] + np.arange(3)
    crops = np.empty((count, 1, 3, 3), dtype=np.float32)
    crops[:, 0] = images[image, channel, row, column]
    return crops
