from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zsbench.errors import UsageError, ZsbenchError
from zsbench.inputs import draw_inputs, normalise
from zsbench.sources import Source, find_source

PHOTOS = find_source("photos", "cifar10")
NOISE = find_source("noise", "cifar10")
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def pinned(name: str) -> bool:
    return f"{name}=={importlib.metadata.version(name)}" in CONSTRAINTS.read_text().splitlines()


@pytest.mark.skipif(
    not all(map(pinned, ("numpy", "pillow", "scikit-image"))), reason="other versions may decode and resize differently"
)
@pytest.mark.parametrize(
    ("source", "size", "classes", "batch", "seed", "digest"),
    [
        (PHOTOS, 32, 10, 64, 0, "afbf84958b0b"),
        (PHOTOS, 32, 10, 64, 1, "84842147c8f0"),
        (PHOTOS, 16, 120, 4, 0, "ed6b94de37ce"),
        (NOISE, 32, 10, 64, 0, "3ac5a2ccd87b"),
    ],
)
def test_with_the_pinned_versions_the_bytes_are_those_of_every_stored_score(source, size, classes, batch, seed, digest):
    assert draw_inputs(source, size, classes, batch, seed).digest == digest


def test_another_process_draws_the_same():
    script = (
        "from zsbench.inputs import draw_inputs; from zsbench.sources import find_source;"
        "print(draw_inputs(find_source('photos', 'cifar10'), 32, 10, 4, 5).digest)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == draw_inputs(PHOTOS, 32, 10, 4, 5).digest


@pytest.mark.parametrize("source", [PHOTOS, NOISE], ids=lambda source: source.name)
def test_batches_have_the_shapes_types_and_scale_that_networks_expect(source):
    inputs = draw_inputs(source, 16, 120, 8, 0)
    assert inputs.source == source.name
    for batch in inputs.batches:
        assert (batch.images.shape, batch.images.dtype) == ((8, 3, 16, 16), np.float32)
        assert (batch.labels.shape, batch.labels.dtype) == ((8,), np.int64)
        assert batch.images.flags.c_contiguous
        assert 0 <= batch.labels.min() <= batch.labels.max() < 120
    both = np.concatenate([batch.images for batch in inputs.batches])
    assert both.mean(axis=(0, 2, 3)) == pytest.approx(0, abs=1e-5)
    assert both.std(axis=(0, 2, 3)) == pytest.approx(1, abs=1e-5)
    assert len(np.unique(both.reshape(16, -1), axis=0)) == 16
    assert (inputs.crops.shape, inputs.crops.dtype) == ((27_000, 1, 3, 3), np.float32)


@pytest.mark.parametrize("source", [PHOTOS, NOISE], ids=lambda source: source.name)
def test_another_seed_changes_images_and_labels(source):
    one, other = (draw_inputs(source, 32, 10, 32, seed) for seed in (0, 1))
    for a, b in zip(one.batches, other.batches, strict=True):
        assert not (a.images == b.images).all(axis=(1, 2, 3)).any()
        assert not np.array_equal(a.labels, b.labels)
    assert one.digest != other.digest


def test_the_images_do_not_depend_on_the_number_of_classes():
    ten, hundred = (draw_inputs(PHOTOS, 32, classes, 4, 0) for classes in (10, 100))
    assert np.array_equal(ten.batches[0].images, hundred.batches[0].images)
    assert ten.digest != hundred.digest


def test_crops_are_patches_of_the_drawn_images():
    inputs = draw_inputs(NOISE, 16, 10, 2, 0)
    pool = np.concatenate([batch.images for batch in inputs.batches])
    patches = np.lib.stride_tricks.sliding_window_view(pool, (3, 3), axis=(2, 3)).reshape(-1, 9)
    known = {patch.tobytes() for patch in np.ascontiguousarray(patches)}
    assert all(crop.tobytes() in known for crop in inputs.crops[:500])


@pytest.mark.parametrize("change", ["images", "labels", "second", "crops"])
def test_the_digest_notices_any_change(change):
    inputs = draw_inputs(NOISE, 16, 10, 2, 0)
    before = draw_inputs(NOISE, 16, 10, 2, 0).digest
    part = {
        "images": inputs.batches[0].images,
        "labels": inputs.batches[0].labels,
        "second": inputs.batches[1].images,
        "crops": inputs.crops,
    }[change]
    part.flat[0] += 1
    assert inputs.digest != before


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(0.01, 100), shift=st.floats(-100, 100), seed=st.integers(0, 5))
def test_normalising_undoes_scale_and_shift(scale, shift, seed):
    images = np.random.default_rng(seed).normal(size=(4, 3, 8, 8))
    moved = (images * scale + shift).astype(np.float32)
    assert normalise(moved) == pytest.approx(normalise(images.astype(np.float32)), abs=2e-2 if scale < 1 else 2e-3)


def test_a_channel_without_contrast_is_an_explained_error():
    images = np.random.default_rng(0).normal(size=(4, 3, 8, 8)).astype(np.float32)
    images[:, 1] = 0.5
    with pytest.raises(ZsbenchError, match="colour channel"):
        normalise(images)


def test_a_source_that_cannot_serve_says_so():
    def refuse(n, size, classes, generator):
        raise UsageError(f"{n} asked for")

    with pytest.raises(UsageError, match="16 asked for"):
        draw_inputs(Source("none", refuse), 32, 10, 8, 0)
