"""Labelled pictures that a site has for measuring: MNIST's test digits, if they lie there, and samples."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml import images
from ml.attacks.norms import Floats
from ml.card import Card
from ml.datasets import mnist
from ml.datasets.locate import folders, locate
from ml.errors import DataMissing, OptionRefused, sentence
from ml.evaluation.samples import spread
from predictor.samples import SAMPLES
from predictor.samples import Sample as Shipped

MNIST, SHIPPED = "mnist", "samples"
SETS = (MNIST, SHIPPED)
MAX_COUNT = 10_000


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`batch` (N, H, W, C) float32 in [0, 1] as the model sees it, `labels` (N,), and a name for each."""

    batch: Floats
    labels: npt.NDArray[np.int64]
    names: list[str]


def usual(card: Card) -> str:
    """The set to take when nobody chose: the largest at hand."""
    return MNIST if fits_mnist(card) and has_mnist() else SHIPPED


def fits_mnist(card: Card) -> bool:
    """Whether the model reads digits as MNIST has them."""
    return card.class_names == mnist.CLASSES and card.input_shape == (28, 28, 1)


def has_mnist() -> bool:
    """Whether MNIST's file lies where it is looked for."""
    return any((folder / mnist.FILE).is_file() for folder in folders())


def available(name: str, card: Card) -> int:
    """How many pictures of the set the model could be shown."""
    return MAX_COUNT if name == MNIST else len(_shipped(card))


def sha256(name: str, card: Card) -> str:
    """What stands for the content of the set.

    Raises:
        OptionRefused: there is no such set, or it is not for this model.
        DataMissing: it is not on this site; nothing is downloaded for a run.
    """
    if name not in SETS:
        raise OptionRefused(
            sentence("There is no set of pictures “%(name)s”; there are: %(names)s."),
            name=name,
            names=", ".join(SETS),
        )
    if name == SHIPPED:
        return _sha256_of_shipped(card)
    if not fits_mnist(card):
        raise OptionRefused(
            sentence("“%(model)s” does not read digits as MNIST has them: take the sample pictures."),
            model=card.name,
        )
    if not has_mnist():
        raise DataMissing(
            sentence(
                "The MNIST digits are not on this site: put %(file)s into the folder that DATASETS_DIR names."
            ),
            file=mnist.FILE,
        )
    path = locate(mnist.FILE)
    return _sha256_of_file(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _sha256_of_file(path: Path, changed: int) -> str:
    """The hash of a file as it was when it was changed last."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def take(name: str, card: Card, count: int) -> Sample:
    """`count` pictures of the set, evenly over it in its order, as cards take theirs."""
    if name == SHIPPED:
        shipped = _shipped(card)[:count]
        seen = [images.to_input(images.decode(each.path.read_bytes()), card).image for each in shipped]
        return Sample(
            batch=images.to_float(np.stack(seen)),
            labels=np.array([card.class_names.index(str(each.expected)) for each in shipped], np.int64),
            names=[each.slug for each in shipped],
        )
    split = mnist.load("test", locate(mnist.FILE))
    chosen = spread(len(split.labels), count)
    return Sample(
        batch=images.to_float(split.images[chosen]),
        labels=split.labels[chosen],
        names=[f"test-{index}" for index in chosen],
    )


def _shipped(card: Card) -> list[Shipped]:
    """The samples that show one of the model's classes."""
    return [
        each for each in SAMPLES.values() if each.domain == card.domain and each.expected in card.class_names
    ]


def _sha256_of_shipped(card: Card) -> str:
    found = _shipped(card)
    if not found:
        raise DataMissing(
            sentence("This site has no pictures whose class “%(model)s” could know."), model=card.name
        )
    digest = hashlib.sha256()
    for each in found:
        digest.update(each.path.read_bytes())
    return digest.hexdigest()
