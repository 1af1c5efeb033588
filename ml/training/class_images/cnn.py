"""The network of `class-images`: fitted with several seeds, and without one part at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml import architectures
from ml.classifier import Classifier
from ml.datasets.mnist import Images, Labels, Split
from ml.images import to_float
from ml.training import result
from ml.training.class_images.recipe import Training
from ml.training.fit import Series, fit
from ml.training.shuffled import Ordered

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A network to be fitted: its family with options, and what happens to the images it learns from."""

    family: str
    options: dict[str, Any]
    shift_pixels: int
    mirrored: bool
    grain: float
    epochs: int


class Batches(Ordered):
    """Shuffled images, moved by whole pixels, half of them turned left to right where the shape is mirrored.

    Then noise is added, whose standard deviation is drawn for each image from 0 to `grain`. All depends on
    nothing but the seed, the epoch and the batch.
    """

    def __init__(self, split: Split, shape: Shape, *, size: int, seed: int) -> None:
        super().__init__(len(split.labels), size, seed)
        self.images, self.labels, self.shape = split.images, split.labels, shape

    def __len__(self) -> int:
        return max(1, self.count // self.size)

    def __getitem__(self, index: int) -> tuple[Floats, Labels]:
        chosen = self.rows(index)
        rng = np.random.default_rng((self.seed, self.epoch, index))
        images = moved(self.images[chosen], self.shape.shift_pixels, rng)
        if self.shape.mirrored:
            turned = rng.random(len(images)) < 0.5
            images = np.where(turned[:, None, None, None], images[:, :, ::-1], images)
        return grainy(to_float(images), self.shape.grain, rng), self.labels[chosen]


def grainy(images: Floats, most: float, rng: np.random.Generator) -> Floats:
    """`images` (N, H, W, C) in [0, 1] under Gaussian noise, each of its own strength from 0 to `most`."""
    if not most:
        return images
    strength = rng.uniform(0, most, (len(images), 1, 1, 1)).astype(np.float32)
    noise = rng.standard_normal(images.shape, np.float32)
    return np.asarray(np.clip(images + strength * noise, 0, 1))


def moved(images: Images, most: int, rng: np.random.Generator) -> Images:
    """`images` (N, H, W, C), each moved by up to `most` whole pixels along both axes; black comes in."""
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    top, left = rng.integers(0, 2 * most + 1, (2, len(images)))
    rows = (top[:, None] + np.arange(height))[:, :, None]
    columns = (left[:, None] + np.arange(width))[:, None, :]
    return padded[np.arange(len(images))[:, None, None], rows, columns]


def fitted(
    shape: Shape,
    learning: Split,
    validation: Split,
    *,
    class_names: Sequence[str],
    how: Training,
    folder: Path,
    resume: bool,
    seed: int,
    description: str,
) -> tuple[Classifier, Series]:
    """A network fitted on `learning`, and its history; `validation` is only watched."""
    keras.utils.set_random_seed(seed)
    size = tuple(learning.images.shape[1:])
    network = architectures.build(shape.family, input_shape=size, classes=len(class_names), **shape.options)
    batches = Batches(learning, shape, size=how.batch_size, seed=seed)
    network.compile(
        keras.optimizers.AdamW(_rate(how, shape.epochs * len(batches)), weight_decay=how.weight_decay),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA's convolutions are several times slower on a CPU
    )
    history = fit(
        network,
        batches,
        epochs=shape.epochs,
        validation=(to_float(validation.images), validation.labels),
        folder=folder,
        seed=seed,
        resume=resume,
        description=description,
    )
    card = result.working_card(
        network, family=shape.family, options=shape.options, class_names=class_names, seed=seed
    )
    return Classifier(network, card), history


def _rate(how: Training, steps: int) -> Any:
    warm = max(1, int(how.warm_up * steps))
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warm), warmup_target=how.learning_rate, warmup_steps=warm
    )
