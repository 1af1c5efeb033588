"""Digits in four .npy files: every accepted form, and a sentence for everything else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.datasets import arrays
from ml.errors import DataMissing

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
LABELS = np.array([0, 9, 3, 3, 1, 7])


def write(folder: Path, images: Any = PIXELS, labels: Any = LABELS) -> Path:
    """The same images and labels to train on and to test with."""
    for part in ("train", "test"):
        np.save(folder / f"{part}_images.npy", images)
        np.save(folder / f"{part}_labels.npy", labels)
    return folder


@pytest.mark.parametrize(
    "images",
    [
        PIXELS,
        PIXELS.reshape(6, 784),
        PIXELS[..., None],
        PIXELS / 255,
        (PIXELS / 255).astype(np.float32),
        np.asfortranarray(PIXELS),
    ],
    ids=["28x28", "784", "28x28x1", "float64", "float32", "columns first"],
)
def test_every_form_of_images_gives_the_same_pixels(images: Any, tmp_path: Path) -> None:
    digits = arrays.load("train", write(tmp_path, images))
    assert digits.images.dtype == np.float32
    np.testing.assert_allclose(digits.images[..., 0], PIXELS / 255, atol=1e-6)


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float64, np.bool_])
def test_one_hot_labels_are_read_in_any_type(kind: type, tmp_path: Path) -> None:
    digits = arrays.load("test", write(tmp_path, labels=np.eye(10, dtype=kind)[LABELS]))
    np.testing.assert_array_equal(digits.labels, LABELS)


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_labels_are_read_as_whole_numbers(kind: type, tmp_path: Path) -> None:
    digits = arrays.load("test", write(tmp_path, labels=LABELS.astype(kind)))
    np.testing.assert_array_equal(digits.labels, LABELS)
    assert digits.labels.dtype == np.int64


TWO_ONES = np.eye(10)[LABELS] + np.eye(10)[(LABELS + 1) % 10]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            PIXELS[:, :20],
            LABELS,
            r"shape \(6, 20, 28\) instead of \(N, 28, 28\), \(N, 784\) or \(N, 28, 28, 1\)",
        ),
        (PIXELS[0], LABELS, r"shape \(28, 28\) instead of"),
        (np.float32(1), LABELS, r"shape \(\) instead of"),
        (PIXELS / 1.0, LABELS, "neither uint8 nor floats from 0 to 1"),
        (PIXELS / 255 - 0.5, LABELS, "neither uint8 nor floats from 0 to 1"),
        (np.full((6, 784), np.nan), LABELS, "neither uint8 nor floats from 0 to 1"),
        (PIXELS.astype(np.int64), LABELS, "neither uint8 nor floats from 0 to 1"),
        (PIXELS[:0], LABELS, "holds no array, or an empty one"),
        (np.array([{"a": "pickle"}]), LABELS, r"train_images.npy is not an array of numbers"),
        (PIXELS, LABELS[:5], "there are 6 images but 5 labels to train with"),
        (PIXELS, LABELS + 1, "not all from 0 to 9"),
        (PIXELS, LABELS - 1, "not all from 0 to 9"),
        (PIXELS, LABELS / 1.0, r"neither whole numbers \(N,\) nor one-hot \(N, 10\)"),
        (PIXELS, LABELS[:, None], r"neither whole numbers \(N,\) nor one-hot \(N, 10\)"),
        (PIXELS, TWO_ONES, "a row of labels that is not one 1 and nine 0"),
        (PIXELS, np.zeros((6, 10)), "a row of labels that is not one 1 and nine 0"),
        (PIXELS, np.eye(10)[LABELS] / 2, "a row of labels that is not one 1 and nine 0"),
        (PIXELS, np.array(["a"] * 6), "neither whole numbers"),
    ],
)
def test_what_is_no_set_of_digits_is_refused_in_one_sentence(
    images: Any, labels: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataMissing, match=message) as refused:
        arrays.load("train", write(tmp_path, images, labels))
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'"])
def test_a_file_that_is_no_array_is_refused(content: bytes, tmp_path: Path) -> None:
    (write(tmp_path) / "train_labels.npy").write_bytes(content)
    with pytest.raises(DataMissing, match=r"train_labels.npy is not an array of numbers"):
        arrays.load("train", tmp_path)


def test_a_zip_of_arrays_under_that_name_is_refused(tmp_path: Path) -> None:
    with (write(tmp_path) / "train_images.npy").open("wb") as file:
        np.savez(file, PIXELS)
    with pytest.raises(DataMissing, match="holds no array, or an empty one"):
        arrays.load("train", tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (write(tmp_path) / "test_labels.npy").unlink()
    assert arrays.given(tmp_path)
    with pytest.raises(DataMissing, match=r"There is no test_labels.npy in"):
        arrays.load("test", tmp_path)


def test_a_folder_without_any_of_the_files_is_not_given_arrays(tmp_path: Path) -> None:
    assert not arrays.given(tmp_path)
    assert not arrays.given(None)
