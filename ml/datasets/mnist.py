"""MNIST: 60,000 + 10,000 handwritten digits, 28×28 grey (LeCun, Cortes, Burges)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from ml.datasets import archives
from ml.datasets.locate import locate

FILE = "mnist.npz"
CLASSES = [str(digit) for digit in range(10)]
# The file of `keras.datasets.mnist`.
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """`images` (N, 28, 28, 1) uint8, white ink on black; `labels` (N,)."""

    images: Images
    labels: Labels


def load(part: Literal["train", "test"], data: Path | None = None) -> Split:
    """The 60,000 training or the 10,000 test digits.

    Raises:
        DataMissing: the archive is nowhere, or is not MNIST's.
    """
    path = locate(FILE, data=data, url=URL, sha256=SHA256)
    images, labels = archives.read(path, part, "MNIST")
    return Split(np.asarray(images, np.uint8)[..., None], np.asarray(labels, np.int64))


def held_out(split: Split, size: int, seed: int) -> tuple[Split, Split]:
    """`split` without `size` random digits, and those: (training, validation)."""
    rest, chosen = rows_held_out(len(split.labels), size, seed)
    return Split(split.images[rest], split.labels[rest]), Split(split.images[chosen], split.labels[chosen])


def rows_held_out(count: int, size: int, seed: int) -> tuple[Labels, Labels]:
    """Of `count` rows all but `size` random ones, and those: every training here divides in this way."""
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[size:]), order[:size]
