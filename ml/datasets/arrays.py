"""Digits in four .npy files of a folder: images and labels to train on and to test with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ml.errors import DataMissing, sentence
from ml.images import to_float

FILES = ("train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy")
SIDE, CLASSES = 28, 10
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Digits:
    """`images` (N, 28, 28, 1) float32 in [0, 1]; `labels` (N,) from 0 to 9."""

    images: Floats
    labels: Labels

    def __getitem__(self, chosen: Any) -> "Digits":
        return Digits(self.images[chosen], self.labels[chosen])


def given(folder: Path | None) -> bool:
    """Whether `folder` holds any of the four files."""
    return folder is not None and any((folder / name).exists() for name in FILES)


def load(part: Literal["train", "test"], folder: Path) -> Digits:
    """Images and labels of one part.

    Images are (N, 28, 28), (N, 784) or (N, 28, 28, 1), uint8 or floats in [0, 1]; labels are whole numbers
    (N,) or one-hot (N, 10).

    Raises:
        DataMissing: a file is not there or is not an array, or the array is none of these.
    """
    images = _images(folder / f"{part}_images.npy")
    labels = _labels(folder / f"{part}_labels.npy")
    if len(images) != len(labels):
        raise DataMissing(
            sentence("In %(folder)s there are %(images)s images but %(labels)s labels to %(part)s with."),
            folder=folder,
            images=len(images),
            labels=len(labels),
            part=part,
        )
    return Digits(images, labels)


def _read(path: Path) -> npt.NDArray[Any]:
    if not path.is_file():
        raise DataMissing(sentence("There is no %(name)s in %(folder)s."), name=path.name, folder=path.parent)
    try:
        # Never a pickle: those run whatever code their author put in.
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataMissing(sentence("The file %(path)s is not an array of numbers."), path=path) from error
    if not isinstance(array, np.ndarray) or not array.size:
        raise DataMissing(sentence("The file %(path)s holds no array, or an empty one."), path=path)
    return array


def _images(path: Path) -> Floats:
    array = _read(path)
    if array.shape[1:] not in ((SIDE, SIDE), (SIDE * SIDE,), (SIDE, SIDE, 1)):
        raise DataMissing(
            sentence(
                "The images in %(path)s have the shape %(shape)s instead of (N, 28, 28), (N, 784) or"
                " (N, 28, 28, 1)."
            ),
            path=path,
            shape=array.shape,
        )
    array = array.reshape(-1, SIDE, SIDE, 1)
    if array.dtype == np.uint8:
        return to_float(array)
    # Written so that NaN fails too.
    if not np.issubdtype(array.dtype, np.floating) or not (array.min() >= 0 and array.max() <= 1):
        raise DataMissing(
            sentence("The images in %(path)s are neither uint8 nor floats from 0 to 1."), path=path
        )
    return array.astype(np.float32)


def _labels(path: Path) -> Labels:
    array = _read(path)
    if array.ndim == 2 and array.shape[1] == CLASSES:
        if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
            raise DataMissing(
                sentence("In %(path)s there is a row of labels that is not one 1 and nine 0."), path=path
            )
        return np.asarray(array.argmax(axis=1), np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise DataMissing(
            sentence("The labels in %(path)s are neither whole numbers (N,) nor one-hot (N, 10)."), path=path
        )
    if array.min() < 0 or array.max() >= CLASSES:
        raise DataMissing(sentence("The labels in %(path)s are not all from 0 to 9."), path=path)
    return array.astype(np.int64)
