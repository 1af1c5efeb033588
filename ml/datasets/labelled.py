"""Small pictures of ten classes in one form, whatever they show: MNIST, Fashion-MNIST, CIFAR-10."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ml.datasets import archives, mnist
from ml.datasets.everyday import CIFAR_CLASSES, CIFAR_FILES, FASHION_FILES
from ml.datasets.locate import locate
from ml.errors import DataMissing, OptionRefused, sentence

FASHION_CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Set:
    """One data set: its title, the names that its file may have, its classes in order of the labels."""

    title: str
    files: tuple[str, ...]
    class_names: tuple[str, ...]


SETS = {
    "mnist": Set(title="MNIST", files=(mnist.FILE,), class_names=tuple("0123456789")),
    "fashion-mnist": Set(title="Fashion-MNIST", files=FASHION_FILES, class_names=FASHION_CLASSES),
    "cifar-10": Set(title="CIFAR-10", files=CIFAR_FILES, class_names=CIFAR_CLASSES),
}


def load(name: str, part: Literal["train", "test"], data: Path | None = None) -> mnist.Split:
    """Images (N, H, W, C) uint8 and labels (N,) of a set of SETS; only MNIST is fetched where it is missing.

    Raises:
        OptionRefused: there is no such set.
        DataMissing: it is not at hand, or its file is damaged.
    """
    if name == "mnist":
        return mnist.load(part, data)
    images, labels = archives.read(file(name, data), part, SETS[name].title)
    images = images[..., None] if images.ndim == 3 else images
    return mnist.Split(np.asarray(images, np.uint8), np.asarray(labels, np.int64).ravel())


def file(name: str, data: Path | None = None) -> Path:
    """The file of a set.

    Raises:
        OptionRefused: there is no such set.
        DataMissing: it is not at hand.
    """
    if name not in SETS:
        raise OptionRefused(
            sentence("There is no data set %(name)s; there are: %(names)s."), name=name, names=", ".join(SETS)
        )
    *preferred, last = SETS[name].files
    for each in preferred:
        try:
            return locate(each, data=data)
        except DataMissing:
            continue
    return locate(last, data=data)
