"""Where input images come from: the photographs of scikit-image, Gaussian noise, CIFAR archives, or an npz file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zsbench.cifar import CLASSES, find_cifar, read_cifar
from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.paths import data_folder

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "immunohistochemistry", "retina")
"""Colour photographs inside the scikit-image package; those it would have to download are left out."""
NPZ = "npz:FILE needs `images` uint8 (N,3,H,W) and integer `labels` (N,)"


@dataclass(frozen=True)
class Source:
    """A named supplier of images in [0, 1] (or Gaussian) and labels: `images(n, size, classes, generator)`."""

    name: str
    images: Callable[[int, int, int, np.random.Generator], tuple[Images, Labels]]


def find_source(text: str, dataset: str) -> Source:
    """Return the source that `--input` names: auto, photos, noise, cifar10[:DIR], cifar100[:DIR] or npz:FILE.

    `auto` is the dataset's own images if the data folder has them, else photos. Raises `UsageError` for another
    name, `ZsbenchError` for files that are missing or cannot be read.
    """
    kind, colon, place = text.partition(":")
    if kind in CLASSES:
        return _from_arrays(kind, *read_cifar(kind, Path(place).expanduser() if place else data_folder()))
    if kind == "npz" and place:
        return _from_arrays(kind, *_read_npz(Path(place).expanduser()))
    if kind == "npz":
        raise UsageError("--input npz names no file", "--input npz:FILE")
    if kind not in ("auto", "photos", "noise"):
        raise unknown_name("input", kind, ("auto", "photos", "noise", "cifar10:DIR", "cifar100:DIR", "npz:FILE"))
    if colon:
        raise UsageError(f"--input {kind} takes no file or folder", f"--input {kind}")
    if kind == "auto":
        own = dataset.lower()
        return find_source(own if own in CLASSES and find_cifar(own, data_folder()) else "photos", dataset)
    return Source(kind, _photographs if kind == "photos" else _noise)


def _noise(n: int, size: int, classes: int, generator: np.random.Generator) -> tuple[Images, Labels]:
    images = generator.standard_normal((n, 3, size, size), dtype=np.float32)
    return images, generator.integers(classes, size=n)


def _photographs(n: int, size: int, classes: int, generator: np.random.Generator) -> tuple[Images, Labels]:
    """Random resized crops (8 to 100 % of the area, ratio 3/4 to 4/3) and flips; labels at random."""
    from PIL import Image  # pillow comes with scikit-image; only this source needs it

    photographs = _load_photographs()
    images = np.empty((n, 3, size, size), dtype=np.float32)
    for image in images:
        photograph = photographs[generator.integers(len(photographs))]
        top, left, height, width = _crop_box(photograph.shape[0], photograph.shape[1], generator)
        crop = Image.fromarray(photograph[top : top + height, left : left + width])
        pixels = np.asarray(crop.resize((size, size), Image.Resampling.BILINEAR), dtype=np.float32) / 255
        image[:] = (pixels[:, ::-1] if generator.random() < 0.5 else pixels).transpose(2, 0, 1)
    return images, generator.integers(classes, size=n)


def _crop_box(height: int, width: int, generator: np.random.Generator) -> tuple[int, int, int, int]:
    area = height * width * generator.uniform(0.08, 1.0)
    ratio = np.exp(generator.uniform(np.log(3 / 4), np.log(4 / 3)))
    crop_height = min(height, max(1, round(np.sqrt(area / ratio))))
    crop_width = min(width, max(1, round(np.sqrt(area * ratio))))
    top = int(generator.integers(height - crop_height + 1))
    left = int(generator.integers(width - crop_width + 1))
    return top, left, crop_height, crop_width


@cache
def _load_photographs() -> list[NDArray[np.uint8]]:
    from skimage import data  # slow to import; only this source needs it

    return [getattr(data, name)()[..., :3] for name in PHOTOGRAPHS]


def _from_arrays(name: str, images: NDArray[np.uint8], labels: Labels) -> Source:
    def draw(n: int, size: int, classes: int, generator: np.random.Generator) -> tuple[Images, Labels]:
        if n > len(images):
            raise UsageError(
                f"{name} has {len(images)} images, two batches need {n}", f"--batch-size {len(images) // 2} or less"
            )
        if labels.max() >= classes:
            raise UsageError(
                f"{name} has labels up to {labels.max()}, the dataset has {classes} classes",
                "choose the input that belongs to the dataset, or --input photos",
            )
        chosen = generator.permutation(len(images))[:n]
        return _resized(images[chosen], size) / np.float32(255), labels[chosen]

    return Source(name, draw)


def _resized(images: NDArray[np.uint8], size: int) -> Images:
    """Shrink (N, 3, H, W) images to `size` by averaging blocks; only whole factors occur (32 to 16)."""
    number, channels, height, width = images.shape
    if height != width or height % size:
        raise UsageError(
            f"images of {height}x{width} cannot be fed at {size}x{size}", f"make them {size}x{size}, or --input photos"
        )
    factor = height // size
    blocks = images.reshape(number, channels, size, factor, size, factor)
    shrunk: NDArray[np.float64] = blocks.mean(axis=(3, 5), dtype=np.float64)
    return shrunk.astype(np.float32)


def _read_npz(path: Path) -> tuple[NDArray[np.uint8], Labels]:
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as content:
            images, labels = content["images"], content["labels"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ZsbenchError(f"cannot read images from {path}: {_text(error)}", NPZ) from error
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 3:
        raise ZsbenchError(f"{path}: `images` are {images.dtype} {images.shape}", NPZ)
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise ZsbenchError(f"{path}: `labels` are {labels.dtype} {labels.shape} for {len(images)} images", NPZ)
    if labels.size and labels.min() < 0:
        raise ZsbenchError(f"{path}: label {labels.min()} is negative", "labels count from 0")
    return images, labels.astype(np.int64)


def _text(error: Exception) -> Any:
    """Return what an error says, in one line and without the quotes that a KeyError puts around it."""
    said = error.args[0] if isinstance(error, KeyError) else getattr(error, "strerror", None) or error
    return str(said).partition("\n")[0]
