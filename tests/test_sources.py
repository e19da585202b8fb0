from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.inputs import draw_inputs
from zsbench.paths import data_folder
from zsbench.sources import find_source


def photographs(n: int, side: int = 32, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return generator.integers(256, size=(n, 3, side, side), dtype=np.uint8), generator.integers(classes, size=n)


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    images, labels = photographs(12)
    path = folder / "images.npz"
    np.savez_compressed(path, **({"images": images, "labels": labels} | arrays))
    return path


def cifar10_archive(folder: Path) -> None:
    images, labels = photographs(4)
    content = b"".join(bytes([label]) + image.tobytes() for image, label in zip(images, labels, strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for part in range(1, 6):
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{part}.bin")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def draw(source, n: int, size: int = 32, classes: int = 10):
    return source.images(n, size, classes, np.random.default_rng(0))


def test_images_of_a_file_come_out_between_0_and_1_with_their_own_labels(tmp_path):
    images, labels = photographs(12)
    drawn, numbers = draw(find_source(f"npz:{npz(tmp_path)}", "cifar10"), 12)
    assert drawn.dtype == np.float32
    assert numbers.dtype == np.int64
    original = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    back = np.rint(drawn * 255).astype(np.uint8)
    assert [original[image.tobytes()] for image in back] == numbers.tolist()
    assert len({image.tobytes() for image in back}) == 12


def test_larger_images_are_shrunk_by_averaging_blocks(tmp_path):
    images = np.zeros((2, 3, 4, 4), dtype=np.uint8)
    images[:, :, 0, :2] = 255  # half of the first 2x2 block
    path = npz(tmp_path, images=images, labels=np.array([1, 2]))
    drawn, _ = draw(find_source(f"npz:{path}", "cifar10"), 2, size=2)
    assert drawn[0, 0] == pytest.approx(np.array([[0.5, 0], [0, 0]]))


def test_a_home_folder_may_be_written_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    npz(tmp_path)
    assert find_source("npz:~/images.npz", "cifar10").name == "npz"


def test_auto_takes_the_dataset_s_own_files_if_the_data_folder_has_them():
    assert find_source("auto", "cifar10").name == "photos"
    cifar10_archive(data_folder())
    assert find_source("auto", "cifar10").name == "cifar10"
    assert find_source("auto", "cifar100").name == "photos"
    assert find_source("auto", "ImageNet16-120").name == "photos"
    assert find_source("cifar10", "cifar100").name == "cifar10"


def test_auto_does_not_pass_over_files_that_are_damaged():
    cifar10_archive(data_folder())
    path = data_folder() / "cifar-10-binary.tar.gz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ZsbenchError, match="cifar-10-binary") as caught:
        find_source("auto", "cifar10")
    assert "--input photos" in caught.value.hint


def test_two_batches_of_a_file_share_no_image(tmp_path):
    first, second = draw_inputs(find_source(f"npz:{npz(tmp_path)}", "cifar10"), 32, 10, 6, 0).batches
    assert not (first.images[:, None] == second.images[None]).all(axis=(2, 3, 4)).any()


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("photo", "unknown input 'photo'", "photos"),
        ("cifar", "unknown input 'cifar'", "cifar10:DIR"),
        ("npz", "names no file", "npz:FILE"),
        ("npz:", "names no file", "npz:FILE"),
        ("noise:2", "takes no file", "--input noise"),
        ("auto:/tmp", "takes no file", "--input auto"),
    ],
)
def test_an_input_that_is_none_is_a_usage_error(text, words, hint):
    with pytest.raises(UsageError, match=words) as caught:
        find_source(text, "cifar10")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"images": np.zeros((4, 3, 32, 32), np.float32)}, "`images` are float32"),
        ({"images": np.zeros((12, 32, 32, 3), np.uint8)}, r"`images` are uint8 \(12, 32"),
        ({"images": np.zeros((12, 32, 32), np.uint8)}, "`images` are uint8"),
        ({"labels": np.zeros(11, np.int64)}, r"`labels` are int64 \(11,\) for 12 images"),
        ({"labels": np.zeros(12)}, "`labels` are float64"),
        ({"labels": np.array(["cat"] * 12)}, "`labels` are <U3"),
        ({"labels": np.full(12, -1)}, "label -1 is negative"),
        ({"labels": np.array([None] * 12)}, "pickle"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, arrays, words):
    with pytest.raises(ZsbenchError, match=words) as caught:
        find_source(f"npz:{npz(tmp_path, **arrays)}", "cifar10")
    assert caught.value.hint


def test_a_file_without_labels_is_refused_by_their_name(tmp_path):
    np.savez(tmp_path / "images.npz", images=photographs(4)[0])
    with pytest.raises(ZsbenchError, match="labels"):
        find_source(f"npz:{tmp_path / 'images.npz'}", "cifar10")


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_an_explained_error(tmp_path, part):
    path = npz(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(ZsbenchError, match="cannot read images from"):
        find_source(f"npz:{path}", "cifar10")


def test_an_altered_file_is_an_explained_error(tmp_path):
    path = npz(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ZsbenchError, match="cannot read images from"):
        find_source(f"npz:{path}", "cifar10")


def test_a_missing_file_a_folder_and_a_bare_array_are_explained_errors(tmp_path):
    np.save(tmp_path / "bare.npy", photographs(4)[0])
    for name in ("missing.npz", "", "bare.npy"):
        with pytest.raises(ZsbenchError, match="cannot read images from") as caught:
            find_source(f"npz:{tmp_path / name}", "cifar10")
        assert (caught.value.exit_code, "\n" in caught.value.message) == (1, False)


def test_too_few_images_say_which_batch_size_would_do(tmp_path):
    source = find_source(f"npz:{npz(tmp_path)}", "cifar10")
    with pytest.raises(UsageError, match="npz has 12 images, two batches need 14") as caught:
        draw_inputs(source, 32, 10, 7, 0)
    assert caught.value.hint == "--batch-size 6 or less"
    draw_inputs(source, 32, 10, 6, 0)


def test_labels_beyond_the_classes_of_the_dataset_are_refused(tmp_path):
    source = find_source(f"npz:{npz(tmp_path, labels=np.full(12, 10))}", "cifar10")
    with pytest.raises(UsageError, match="labels up to 10, the dataset has 10 classes"):
        draw(source, 4)
    draw(source, 4, classes=100)


@pytest.mark.parametrize(("shape", "size"), [((12, 3, 33, 33), 32), ((12, 3, 32, 64), 32), ((12, 3, 16, 16), 32)])
def test_images_that_no_whole_factor_shrinks_are_refused(tmp_path, shape, size):
    source = find_source(f"npz:{npz(tmp_path, images=np.zeros(shape, np.uint8))}", "cifar10")
    with pytest.raises(UsageError, match="cannot be fed at 32x32") as caught:
        draw(source, 4, size=size)
    assert caught.value.hint
