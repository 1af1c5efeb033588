"""What each part of the network is worth: the same training without it, judged on validation images."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml.datasets.mnist import Split
from ml.errors import OptionRefused, sentence
from ml.training.class_images.cnn import Shape, fitted
from ml.training.class_images.problem import Problem
from ml.training.class_images.recipe import Training


def _with(**options: Any) -> Callable[[Shape], Shape]:
    return lambda shape: replace(shape, options={**shape.options, **options})


# The options are those of the family `digits-cnn`.
VARIANTS: dict[str, Callable[[Shape], Shape]] = {
    "whole": lambda shape: shape,
    "without grain": lambda shape: replace(shape, grain=0.0),
    "without augmentation": lambda shape: replace(shape, grain=0.0, shift_pixels=0, mirrored=False),
    "without dropout": _with(dropout=0.0),
    "without normalisation": _with(normalised=False),
    "without the last block": lambda shape: _with(widths=shape.options["widths"][:-1])(shape),
    "two convolutions a block": _with(doubled=True),
}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Validation accuracy of one variant, one figure for each seed, and its number of weights."""

    name: str
    parameters: int
    accuracies: list[float]


def ablation(
    problem: Problem, shape: Shape, how: Training, *, folder: Path, resume: bool, seed: int
) -> list[Variant]:
    """The variants of `shape` on the same share of the learning images, for several seeds.

    Raises:
        OptionRefused: there is no such variant.
    """
    for name in how.ablation:
        if name not in VARIANTS:
            raise OptionRefused(
                sentence("There is no variant %(name)s; there are: %(names)s."),
                name=name,
                names=", ".join(VARIANTS),
            )
    count = round(how.ablation_share * len(problem.learning.labels))
    chosen = np.random.default_rng(seed).permutation(len(problem.learning.labels))[:count]
    learning = Split(problem.learning.images[chosen], problem.learning.labels[chosen])
    found = []
    for name in how.ablation:
        accuracies = []
        for number in range(how.ablation_seeds):
            network, history = fitted(
                VARIANTS[name](shape),
                learning,
                problem.validation,
                class_names=problem.class_names,
                how=how,
                folder=folder / f"ablation-{name.replace(' ', '-')}-{seed + number}",
                resume=resume,
                seed=seed + number,
                description=f"{name}, seed {seed + number}",
            )
            accuracies.append(history["val_accuracy"][-1])
        found.append(Variant(name=name, parameters=network.card.parameters, accuracies=accuracies))
    return found
