"""The images of a detector's training: those of its model's own, divided as they were for the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.datasets import handwritten, mnist, noise, taken
from ml.datasets.locate import locate
from ml.errors import OptionRefused, sentence
from ml.images import to_float, to_pixels
from ml.training import division, progress
from ml.training.photos import figures
from ml.training.photos.files import inputs

OfPhotos = Literal["taken"]
# Of digits, and of photos (`ml.datasets.taken`).
Kind = handwritten.Kind | OfPhotos
Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """`images` (N, H, W, C) uint8 as the model sees them, and their `labels` (N,)."""

    images: Pixels
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: slice) -> "Part":
        return Part(self.images[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Parts:
    """In random order: what the model was trained on, what it was validated on, and what it never met."""

    learning: Part
    validation: Part
    test: Part


def parts(card: Card, data: Path | None, *, opinion: Card | None = None, test_only: bool = False) -> Parts:
    """The images of the model of `card`. With `test_only` the other parts are empty.

    Where another model is asked for its `opinion`, learning images are those that both were trained on, and
    validation images those that both never met: on images that one of them knows by heart, a threshold would
    be too low.

    Raises:
        DataMissing: they are not to be found.
        OptionRefused: what the other model learned cannot be told from its card.
    """
    if opinion:
        _check_one_division(card, opinion)
    if _of_photos(card):
        return _photos(card, data, test_only)
    return _digits(card, data, test_only, opinion)


def further_kinds(named: Sequence[Kind], card: Card) -> list[Kind]:
    """The kinds that a recipe names beside the plain one.

    Raises:
        OptionRefused: one that is not of such images as the model of `card` answers, or the plain one.
    """
    kinds = get_args(OfPhotos) if _of_photos(card) else get_args(handwritten.Kind)
    known = [kind for kind in kinds if kind != "plain"]
    for kind in named:
        if kind not in known:
            raise OptionRefused(
                sentence("Images for “%(model)s” cannot be of the kind %(kind)s; they can be of: %(kinds)s."),
                model=card.name,
                kind=str(kind),
                kinds=", ".join(known),
            )
    return list(named)


def source(card: Card, data: Path | None) -> Path:
    """The file or folder of those images.

    Raises:
        DataMissing: it is not to be found.
    """
    return locate(card.data["folder"] if _of_photos(card) else mnist.FILE, data=data)


def kinds_of(part: Part, card: Card, seed: int, further: Sequence[Kind] = ()) -> Part:
    """The images as the model of `card` learned them, and of `further` kinds: each in its turn.

    A model that learned noise has its noises as one of the kinds. Photos stay as they are.
    """
    rng = np.random.default_rng(seed)
    if card.data.get("kind") != "noisy-digits":
        return of_kinds(part, [*card.data.get("kinds", ["plain"]), *further], rng)
    noisy = noise.mixed(to_float(part.images), card.data["highest_noise"], card.data["clean_share"], rng)
    images, plain = to_pixels(noisy), 1 + len(further)
    made = of_kinds(part, ["plain", *further], rng).images
    made[::plain] = images[::plain]
    return Part(made, part.labels)


def of_kinds(part: Part, kinds: Sequence[Kind], rng: np.random.Generator) -> Part:
    """The images, each of one of the kinds, by turns."""
    images = part.images.copy()
    for turn, kind in enumerate(kinds):
        if kind != "plain":
            images[turn :: len(kinds)] = _made(kind, images[turn :: len(kinds)], rng)
    return Part(images, part.labels)


def of_kind(kind: Kind, images: Pixels, seed: int = handwritten.TEST_SEED) -> Pixels:
    """The images as one kind; those that test are always made with the same random numbers."""
    return _made(kind, images, np.random.default_rng(seed))


def _made(kind: Kind, images: Pixels, rng: np.random.Generator) -> Pixels:
    return taken.photos(images, rng) if kind == "taken" else handwritten.make(kind, images, rng)


def _of_photos(card: Card) -> bool:
    return bool(card.data.get("kind") == "photo-folders")


def _check_one_division(card: Card, opinion: Card) -> None:
    """Raise OptionRefused unless the images of both models were divided in the same way."""
    apart = division.differing(division.of(card), division.of(opinion))
    if apart:
        raise OptionRefused(
            sentence(
                "“%(other)s” cannot be asked about “%(model)s”: their images were not divided in the same way"
                " (%(differing)s), so it may have learned those that the threshold is set on."
            ),
            other=opinion.name,
            model=card.name,
            differing=", ".join(apart),
        )


def _digits(card: Card, data: Path | None, test_only: bool, opinion: Card | None) -> Parts:
    test = mnist.load("test", data)
    tested = _shuffled(test.images, test.labels, card.seed)
    if test_only:
        return Parts(tested[:0], tested[:0], tested)
    whole = mnist.load("train", data)
    # A quick run has fewer digits than its model held out.
    sizes = [
        min(int(each.data["validation"]), len(whole.labels) // 4)
        for each in (card, opinion)
        if each is not None
    ]
    learned, held = mnist.rows_held_out(len(whole.labels), max(sizes), card.seed)
    # The first of those that were held out from one model were held out from both.
    learning, validation = (
        _shuffled(whole.images[rows], whole.labels[rows], card.seed) for rows in (learned, held[: min(sizes)])
    )
    return Parts(learning, validation, tested)


def _photos(card: Card, data: Path | None, test_only: bool) -> Parts:
    divided = figures.divide(figures.plan_of(card), data, card.seed)

    def part(name: str) -> Part:
        rows = np.random.default_rng(card.seed).permutation(getattr(divided.split, name))
        if test_only and name != "test":
            rows = rows[:0]
        paths = progress.track([divided.photos.paths[row] for row in rows], f"reading photos: {name}")
        return Part(inputs(paths, card.input_shape), divided.photos.labels[rows])

    return Parts(part("train"), part("validation"), part("test"))


def _shuffled(images: Pixels, labels: Labels, seed: int) -> Part:
    order = np.random.default_rng(seed).permutation(len(labels))
    return Part(images[order], labels[order])
