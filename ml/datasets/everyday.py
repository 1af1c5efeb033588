"""Small pictures of everyday things: CIFAR-10 (Krizhevsky 2009), Fashion-MNIST (Xiao et al. 2017)."""

import contextlib
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.datasets import archives
from ml.datasets.locate import locate
from ml.errors import DataMissing, OptionRefused, sentence

CIFAR_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
# A part of CIFAR-10, with the same keys, is preferred: it is enough, and a fifth of the size.
CIFAR_FILES = ("cifar10_small.npz", "cifar10.npz")
FASHION_FILES = ("fashion_mnist.npz",)

Images = npt.NDArray[np.uint8]


def cifar(names: Sequence[str], part: str = "train", data: Path | None = None) -> Images:
    """The photos (N, 32, 32, 3) of the named classes; `part` is "train" or "test".

    Raises:
        OptionRefused: CIFAR-10 has no such class.
        DataMissing: it is not at hand and cannot be fetched, or its file is damaged.
    """
    for name in names:
        if name not in CIFAR_CLASSES:
            raise OptionRefused(
                sentence("CIFAR-10 has no class %(name)s; it has %(names)s."),
                name=name,
                names=", ".join(CIFAR_CLASSES),
            )
    images, labels = _arrays(CIFAR_FILES, "cifar10", part, data)
    return images[np.isin(labels.ravel(), [CIFAR_CLASSES.index(name) for name in names])]


def fashion(part: str = "train", data: Path | None = None) -> Images:
    """Clothes, shoes and bags on black, (N, 28, 28).

    Raises:
        DataMissing: it is not at hand and cannot be fetched, or its file is damaged.
    """
    return _arrays(FASHION_FILES, "fashion_mnist", part, data)[0]


def _arrays(files: Sequence[str], name: str, part: str, data: Path | None) -> tuple[Images, Images]:
    """Images and labels from one of the files, or else as Keras fetches them."""
    for file, place in itertools.product(files, (data, None) if data else (None,)):
        try:
            path = locate(file, data=place)
        except DataMissing:
            continue
        return archives.read(path, part, name)
    import keras

    try:
        # Keras tells of a download on standard output, which belongs to what a command answers.
        with contextlib.redirect_stdout(sys.stderr):
            train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises whatever urllib and tarfile do
        raise DataMissing(
            sentence("The data %(name)s are missing and cannot be fetched: put %(file)s into DATASETS_DIR."),
            name=name,
            file=files[0],
        ) from error
    images, labels = train if part == "train" else test
    return images, labels
