"""Accuracy on corrupted images: a suite of `ml.datasets.corruptions`, image by image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.datasets.corruptions import SUITES, corrupt
from ml.errors import OptionRefused, sentence
from ml.evaluation import kept
from ml.evaluation.kept import Flags
from ml.training import progress

if TYPE_CHECKING:
    from ml.model import Model

Batch = npt.NDArray[Any]
Images = Batch | Sequence[npt.NDArray[np.uint8]]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Corrupted:
    """`right[name][k]` (N,): still answered rightly, by the true labels, under the k-th severity.

    A suite without severities has a single one.
    """

    suite: str
    seed: int
    right: Mapping[str, tuple[Flags, ...]]

    @property
    def count(self) -> int:
        """How many images, each under every corruption and severity."""
        return len(next(iter(self.right.values()))[0])

    @property
    def per_severity(self) -> dict[str, tuple[float, ...]]:
        """Accuracy under each corruption at each of its severities, the weakest first."""
        return {name: tuple(float(each.mean()) for each in flags) for name, flags in self.right.items()}

    @property
    def per_corruption(self) -> dict[str, float]:
        """Accuracy under each corruption, the mean over its severities."""
        return {name: float(np.mean(figures)) for name, figures in self.per_severity.items()}

    @property
    def mean(self) -> float:
        """The mean over all corruptions, as MNIST-C and ImageNet-C report it (not relative to a network)."""
        return float(np.mean(list(self.per_corruption.values())))


def corrupted_accuracy(
    models: "Sequence[Model]",
    images: Images,
    labels: Labels,
    suite: str,
    *,
    seed: int = 0,
    chunk: int = 200,
    folders: Sequence[Path] = (),
) -> list[Corrupted]:
    """Corrupt every image in every way of a suite, and see which answers are still its label (N,).

    Spoiling takes longer than answering, so several models are asked about the same spoilt images.

    Args:
        images: inputs of the models, at least one: (N, H, W, C) uint8 or floats in [0, 1], or a sequence of
            N of uint8.
        suite: "digits" (15 corruptions) or "photos" (15 at 5 severities).
        chunk: so many images are corrupted and answered at once; it changes nothing else.
        folders: one for each model, where each finished corruption and severity is kept, for this model,
            these images and this seed; a second call goes on after the last one.

    Raises:
        OptionRefused: there is no such suite, or a folder holds the answers to another question.
        ValueError: the images are not of the suite's shape, or there are none.
    """
    if suite not in SUITES:
        raise OptionRefused(
            sentence("There is no suite of corruptions %(name)s; there are: %(names)s."),
            name=suite,
            names=", ".join(SUITES),
        )
    if not len(images) or len(images) != len(labels):
        raise ValueError(f"{len(images)} images with {len(labels)} labels cannot be measured")
    about = kept.digest(images, labels) if folders else ""
    for folder, model in zip(folders, models, strict=False):
        kept.same_question(folder, [model.card.name, model.card.weights_sha256, suite, seed, about])
    right: list[dict[str, tuple[Flags, ...]]] = [dict.fromkeys(SUITES[suite], ()) for _ in models]
    todo = [(each.name, severity) for each in SUITES[suite].values() for severity in each.severities]
    for name, severity in progress.track(todo, f"corruptions of {suite}", len(todo)):
        file = f"{name if severity is None else f'{name}-{severity}'}.npy"
        paths = [folder / file for folder in folders] if folders else [None] * len(models)
        held = cache(partial(_still_right, models, images, labels, name, severity, seed, chunk))
        for place, path in enumerate(paths):
            right[place][name] += (kept.flags(path, partial(_one_of, held, place)),)
    return [Corrupted(suite=suite, seed=seed, right=each) for each in right]


def _one_of(held: Callable[[], list[Flags]], place: int) -> Flags:
    return held()[place]


def _still_right(
    models: "Sequence[Model]",
    images: Images,
    labels: Labels,
    name: str,
    severity: int | None,
    seed: int,
    chunk: int,
) -> list[Flags]:
    """For each model (N,)."""
    parts = []
    for start in range(0, len(images), chunk):
        part: Batch = np.asarray(images[start : start + chunk])
        spoilt = corrupt(name, part, severity=severity, seed=seed)
        answers = np.stack([model.logits(spoilt).argmax(axis=-1) for model in models])
        parts.append(answers == labels[start : start + chunk])
    return list(np.concatenate(parts, axis=1))
