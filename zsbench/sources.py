"""Where input images come from: the photographs of scikit-image, Gaussian noise, CIFAR archives, or an npz file."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.paths import data_folder

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "immunohistochemistry", "retina")
"""Colour photographs inside the scikit-image package; those it would have to download are left out."""


@dataclass(frozen=True)
class Source:
    """A named supplier of images in [0, 1] (or Gaussian) and labels: `images(n, size, classes, generator)`."""

    name: str
    images: Callable[[int, int, int, np.random.Generator], tuple[Images, Labels]]


def find_source(text: str, dataset: str) -> Source:
    """Return the source that `--input` names: auto, photos, noise, cifar10[:DIR], cifar100[:DIR] or npz:FILE."""
    kind, _, place = text.partition(":")
    if kind == "auto":
        return _automatic(dataset)
    if kind == "photos":
        return Source("photos", _photographs)
    if kind == "noise":
        return Source("noise", _noise)
    if kind in ("cifar10", "cifar100"):
        return _from_arrays(kind, *_read_cifar(kind, Path(place) if place else data_folder()))
    if kind == "npz":
        return _from_arrays(kind, *_read_npz(Path(place)))
    raise unknown_name("input", kind, ("auto", "photos", "noise", "cifar10:DIR", "cifar100:DIR", "npz:FILE"))


def _automatic(dataset: str) -> Source:
    kind = dataset.lower()
    if kind in _CIFAR_MEMBERS and cifar_place(kind, data_folder()) is not None:
        return find_source(kind, dataset)
    return find_source("photos", dataset)


def _noise(n: int, size: int, classes: int, generator: np.random.Generator) -> tuple[Images, Labels]:
    images = generator.standard_normal((n, 3, size, size), dtype=np.float32)
    return images, generator.integers(classes, size=n)


def _photographs(n: int, size: int, classes: int, generator: np.random.Generator) -> tuple[Images, Labels]:
    """Random resized crops (8 to 100 % of the area, ratio 3/4 to 4/3) and flips; labels at random."""
    from PIL import Image  # noqa: PLC0415 (pillow comes with scikit-image; only this source needs it)

    photographs = _load_photographs()
    images = np.empty((n, 3, size, size), dtype=np.float32)
    for image in images:
        photograph = photographs[generator.integers(len(photographs))]
        top, left, height, width = _crop_box(*photograph.shape[:2], generator)
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
    from skimage import data  # noqa: PLC0415 (slow to import; only this source needs it)

    return [getattr(data, name)()[..., :3] for name in PHOTOGRAPHS]


def _from_arrays(name: str, images: NDArray[np.uint8], labels: Labels) -> Source:
    def draw(n: int, size: int, classes: int, generator: np.random.Generator) -> tuple[Images, Labels]:
        if n > len(images):
            raise UsageError(f"{name} has {len(images)} images, {n} are needed", "choose a smaller --batch-size")
        if labels.max() >= classes:
            raise UsageError(
                f"{name} has labels up to {labels.max()}, the dataset has {classes} classes",
                "choose the input that belongs to the dataset, or photos",
            )
        chosen = generator.permutation(len(images))[:n]
        return _resized(images[chosen], size).astype(np.float32) / 255, labels[chosen]

    return Source(name, draw)


def _resized(images: NDArray[np.uint8], size: int) -> NDArray[np.float64]:
    """Shrink (N, 3, H, W) images by averaging blocks; only whole factors occur (32 to 16)."""
    factor, rest = divmod(images.shape[2], size)
    if rest or images.shape[2] != images.shape[3] or not factor:
        raise UsageError(f"images of {images.shape[2]}x{images.shape[3]} cannot be fed at {size}x{size}")
    number, channels = images.shape[:2]
    blocks = images.reshape(number, channels, size, factor, size, factor)
    return blocks.mean(axis=(3, 5), dtype=np.float64)


def _read_npz(path: Path) -> tuple[NDArray[np.uint8], Labels]:
    try:
        with np.load(path, allow_pickle=False) as content:
            images, labels = content["images"], content["labels"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ZsbenchError(f"cannot read images from {path}: {error}", "npz with `images` uint8 (N,3,H,W), `labels`") from error
    return _checked(path, images, labels.astype(np.int64))


def _checked(path: Path, images: NDArray[Any], labels: Labels) -> tuple[NDArray[np.uint8], Labels]:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 3 or labels.shape != images.shape[:1]:
        raise ZsbenchError(
            f"{path}: images are {images.dtype} {images.shape}, labels {labels.shape}",
            "expected `images` uint8 (N,3,H,W) and `labels` (N,)",
        )
    return images, labels


# Official archives: python version (pickles, read with a restricted unpickler) and binary version (plain bytes).
_CIFAR_MEMBERS = {
    "cifar10": (
        ("cifar-10-batches-bin", tuple(f"data_batch_{i}.bin" for i in range(1, 6))),
        ("cifar-10-batches-py", tuple(f"data_batch_{i}" for i in range(1, 6))),
    ),
    "cifar100": (("cifar-100-binary", ("train.bin",)), ("cifar-100-python", ("train",))),
}
_CIFAR_ARCHIVES = {
    "cifar-10-batches-bin": "cifar-10-binary.tar.gz",
    "cifar-10-batches-py": "cifar-10-python.tar.gz",
    "cifar-100-binary": "cifar-100-binary.tar.gz",
    "cifar-100-python": "cifar-100-python.tar.gz",
}


def cifar_place(kind: str, folder: Path) -> tuple[str, Path] | None:
    """Return (version, where): the unpacked folder, the folder itself, or the archive; None if nothing is there."""
    for version, members in _CIFAR_MEMBERS[kind]:
        for place in (folder / version, folder):
            if all((place / member).is_file() for member in members):
                return version, place
        for archive in (folder / _CIFAR_ARCHIVES[version], folder):
            if archive.is_file() and archive.name == _CIFAR_ARCHIVES[version]:
                return version, archive
    return None


def _read_cifar(kind: str, folder: Path) -> tuple[NDArray[np.uint8], Labels]:
    found = cifar_place(kind, folder)
    if found is None:
        wanted = " or ".join(_CIFAR_ARCHIVES[version] for version, _ in _CIFAR_MEMBERS[kind])
        raise ZsbenchError(f"no {kind} files in {folder}", f"put {wanted} there, or give --input {kind}:DIR")
    version, place = found
    members = dict(_CIFAR_MEMBERS[kind])[version]
    decode = _decode_binary if version.endswith(("-bin", "-binary")) else _decode_python
    try:
        parts = [decode(kind, content) for content in _contents(version, place, members)]
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError) as error:
        raise ZsbenchError(f"cannot read {kind} from {place}: {error}", "truncated or altered? fetch it again") from error
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return _checked(place, images, labels)


def _contents(version: str, place: Path, members: tuple[str, ...]) -> list[bytes]:
    if place.is_dir():
        return [(place / member).read_bytes() for member in members]
    with tarfile.open(place) as archive:
        return [_member(archive, f"{version}/{member}").read() for member in members]


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(name)
    if content is None:
        msg = f"{name} is not a file of the archive"
        raise ValueError(msg)
    return content


def _decode_binary(kind: str, content: bytes) -> tuple[NDArray[np.uint8], Labels]:
    """Rows of one label byte (two for CIFAR-100: coarse, fine) and 3,072 pixels."""
    label_bytes = 2 if kind == "cifar100" else 1
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, label_bytes + 3072)
    return rows[:, label_bytes:].reshape(-1, 3, 32, 32), rows[:, label_bytes - 1].astype(np.int64)


def _decode_python(kind: str, content: bytes) -> tuple[NDArray[np.uint8], Labels]:
    from zsbench.pickles import loads_arrays  # noqa: PLC0415 (only the python version needs it)

    data = loads_arrays(content)
    labels = np.asarray(data[b"fine_labels" if kind == "cifar100" else b"labels"], dtype=np.int64)
    return np.asarray(data[b"data"], dtype=np.uint8).reshape(-1, 3, 32, 32), labels
