"""What is measured of a model for photos: by class, by source, on strangers, on a source never seen."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.classifier import Classifier
from ml.datasets import everyday, folders
from ml.datasets.locate import locate
from ml.errors import DataMissing, sentence
from ml.evaluation import metrics
from ml.images import resize, to_float
from ml.training import progress
from ml.training.photos.files import inputs, read
from ml.verdict import unsure

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Plan:
    """On what a model is measured; kept in its card.

    `folder` names the data set, `shares` how it is divided into train, validation and test. With
    `sources`, what a file name says before its first `_` is where the photo comes from, if ten photos say
    the same. `strangers` are CIFAR-10 classes that were not trained on and should be unsure; `known` are
    CIFAR-10 classes that show a class (`automobile = "Car"`), where the folders have it, and should not.
    """

    folder: str
    shares: tuple[float, ...] = (0.8, 0.1, 0.1)
    sources: bool = False
    strangers: tuple[str, ...] = ()
    known: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Divided:
    """Photos and their parts; those that share a number of `groups` look alike and are in one part."""

    photos: folders.Photos
    split: folders.Split
    groups: npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """Logits (N, classes) of the N test photos, and the seconds from their files to all answers."""

    divided: Divided
    logits: Floats
    seconds: float

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """The labels (N,) of the test photos."""
        return np.asarray(self.divided.photos.labels[self.divided.split.test])

    @property
    def paths(self) -> list[Path]:
        """The files of the test photos."""
        return [self.divided.photos.paths[index] for index in self.divided.split.test]


def divide(plan: Plan, data: Path | None, seed: int) -> Divided:
    """The photos, and their division, which depends on the pixels and the seed alone.

    Raises:
        DataMissing: they are not to be found, are no class folders, or too few to be divided.
        ImageRefused: a file is not an accepted image.
    """
    photos = folders.find(locate(plan.folder, data=data))
    pictures = progress.track(photos.paths, "looking for near-duplicates")
    groups = folders.near_duplicates(read(path) for path in pictures)
    train, validation, test = plan.shares
    strata = photos.strata(sources=plan.sources)
    split = folders.split(strata, groups, shares=(train, validation, test), seed=seed)
    if not (len(split.train) and len(split.validation) and len(split.test)):
        raise DataMissing(
            sentence(
                "%(count)d photos, of which %(different)d look different, are too few to train, to choose and"
                " to test on: give each class at least ten."
            ),
            count=len(photos),
            different=len(np.unique(groups)),
        )
    return Divided(photos=photos, split=split, groups=groups)


def plan_of(card: Card) -> Plan:
    """On what the model of this card is measured."""
    return Plan(**{key: card.data[key] for key in Plan.__dataclass_fields__})


def test(classifier: Classifier, divided: Divided) -> Tested:
    """The model's answers to the test photos, from their files."""
    paths, start = [divided.photos.paths[index] for index in divided.split.test], time.perf_counter()
    logits = logits_of(classifier, paths, len(paths))
    return Tested(divided=divided, logits=logits, seconds=time.perf_counter() - start)


def unseen(card: Card, data: Path | None = None) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The photos of the card's test split as the model sees them (N, H, W, 3) in [0, 1], and their labels."""
    divided = divide(plan_of(card), data, card.seed)
    chosen = divided.split.test
    photos = inputs((divided.photos.paths[index] for index in chosen), card.input_shape)
    return to_float(photos), np.asarray(divided.photos.labels[chosen])


def measure(card: Card, classifier: Classifier, data: Path | None = None) -> dict[str, Any]:
    """The figures of `card.metrics` once more, from pixels; those on CIFAR-10 only where it can be had."""
    tested = test(classifier, divide(plan_of(card), data, card.seed))
    return figures(card, classifier, tested, data)[0]


def figures(
    card: Card, classifier: Classifier, tested: Tested, data: Path | None
) -> tuple[dict[str, Any], list[list[int]]]:
    """Figures and confusion matrix on the test split, and on CIFAR-10 where the card's plan asks for it."""
    plan, photos, truth = plan_of(card), tested.divided.photos, tested.truth
    answers, doubts = tested.logits.argmax(axis=-1), unsure(tested.logits, card.unsure)
    found = {
        "test_accuracy": metrics.accuracy(truth, answers),
        "test_unsure": float(doubts.mean()),
        "test_images": len(truth),
        "accuracy_by_class": _by([photos.class_names[label] for label in truth], truth == answers),
    }
    if plan.sources:
        source = np.array(photos.sources())[tested.divided.split.test].tolist()
        found["accuracy_by_source"] = _by(source, truth == answers)
        found["unsure_by_source"] = _by(source, doubts)
    found |= _elsewhere(plan, card, classifier, data)
    return found, metrics.confusion_matrix(truth, answers, len(photos.class_names)).tolist()


def logits_of(classifier: Classifier, paths: Iterable[Path], total: int) -> Floats:
    """Logits (N, classes) of photo files, by the very way of an upload."""
    pictures = (read(path) for path in progress.track(paths, "measuring", total))
    return _logits(classifier, pictures)


def enlarged(small: Sequence[Pixels]) -> Iterator[Pixels]:
    """Tiny pictures as a scaler would send them: smooth, so that their pixels are no cue."""
    from PIL import Image

    for image in small:
        yield np.asarray(Image.fromarray(image).resize((256, 256), Image.Resampling.BICUBIC))


def _elsewhere(plan: Plan, card: Card, classifier: Classifier, data: Path | None) -> dict[str, float]:
    """Unsure rates on strangers and on known things that were never trained on."""
    found: dict[str, float] = {}
    try:
        if plan.strangers:
            images = everyday.cifar(plan.strangers, "test", data)
            logits = _logits(classifier, enlarged(list(images)))
            found["strangers_unsure"] = float(unsure(logits, card.unsure).mean())
            found["strangers_images"] = len(images)
        known = {
            name: class_name for name, class_name in plan.known.items() if class_name in card.class_names
        }
        for name, class_name in known.items():
            images = everyday.cifar([name], "test", data)
            logits = _logits(classifier, enlarged(list(images)))
            right = logits.argmax(axis=-1) == card.class_names.index(class_name)
            found[f"unseen_{name}_accuracy"] = float(right.mean())
            found[f"unseen_{name}_unsure"] = float(unsure(logits, card.unsure).mean())
    except DataMissing:
        return {}
    return found


def _logits(classifier: Classifier, pictures: Iterable[Pixels]) -> Floats:
    height, width, _ = classifier.input_shape
    rows: list[Floats] = []
    batch: list[Pixels] = []
    for picture in pictures:
        batch.append(resize(picture, (height, width)))
        if len(batch) == BATCH:
            rows.append(classifier.logits(to_float(np.stack(batch))))
            batch = []
    if batch:
        rows.append(classifier.logits(to_float(np.stack(batch))))
    return np.concatenate(rows)


def _by(names: Sequence[str], hits: npt.NDArray[np.bool_]) -> dict[str, float]:
    """The share of hits for each name."""
    places = np.array(names)
    return {str(name): float(hits[places == name].mean()) for name in np.unique(places)}
