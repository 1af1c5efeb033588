"""What the tables of a recipe of the kind `class-images` hold."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Data:
    """`sets` of `ml.datasets.labelled`, the first of them needed, the others used where they are given.

    `validation` is the share of the training images that the network does not learn from.
    """

    sets: tuple[str, ...]
    validation: float


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the network learns, and what the ablation leaves out.

    Args:
        epochs: by set.
        mirrored: the sets whose images are also shown left to right.
        grain: by set, the largest standard deviation of the noise that images are shown under: the
            images that such a network has of its classes are readable.
        learning_rate: reached after the first `warm_up` part of the steps; a cosine takes it to 0.
        shift_pixels: every image is moved by up to so many whole pixels.
        seeds: seed, seed + 1, ...: so many networks on each set.
        ablation: variants of `ml.training.class_images.ablation`; all are compared with the first.
        ablation_share: of the learning images of the first set, for all networks of the ablation.
    """

    epochs: dict[str, int]
    mirrored: tuple[str, ...] = ()
    grain: dict[str, float] = field(default_factory=dict)
    batch_size: int
    learning_rate: float
    warm_up: float
    weight_decay: float
    shift_pixels: int
    seeds: int
    ablation: tuple[str, ...]
    ablation_share: float
    ablation_epochs: int
    ablation_seeds: int


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The classifiers beside the network, and how images of each class are made; all by set.

    Args:
        estimators: kinds of `ml.estimators`; a leading "deskewed " takes the slant out first.
        neighbours: k of the heuristic of `ml.explain.typical`, which tries `candidates` images of each class.
        ascent: options of `ml.explain.activation.Ascent`, the defaults where there are none.
    """

    estimators: dict[str, list[str]]
    neighbours: int
    candidates: int
    ascent: dict[str, dict[str, Any]] = field(default_factory=dict)
