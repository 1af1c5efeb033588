"""Scikit-learn's 1,797 digits, which come with the package, in the layouts of the larger data sets.

They let every recipe run in seconds on any machine (`--quick`). Figures on them say nothing about MNIST.
"""

from pathlib import Path

import numpy as np

from ml import files
from ml.datasets.mnist import FILE, Images, Labels

TRAINING = 1400
SIDE = 28


def write(folder: Path) -> Path:
    """Write `mnist.npz` and the folders `digits/0` to `digits/9` of PNG files into `folder`; return it."""
    images, labels = digits()
    with files.replacing(folder / FILE) as temporary, temporary.open("wb") as store:
        np.savez(
            store,
            x_train=images[:TRAINING, ..., 0],
            y_train=labels[:TRAINING],
            x_test=images[TRAINING:, ..., 0],
            y_test=labels[TRAINING:],
        )
    _write_folders(folder / "digits", images, labels)
    return folder


def digits() -> tuple[Images, Labels]:
    """(images (1797, 28, 28, 1) uint8, white ink on black; labels (1797,)), enlarged from 8×8."""
    from PIL import Image
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    small = np.rint(values.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    large = [Image.fromarray(each).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for each in small]
    return np.stack([np.asarray(each) for each in large])[..., None], np.asarray(labels, np.int64)


def _write_folders(folder: Path, images: Images, labels: Labels) -> None:
    from PIL import Image

    for index, (image, label) in enumerate(zip(images[..., 0], labels, strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{index:04}.png")
