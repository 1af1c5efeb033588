"""The training of a detector's guard: `ml.defences.detection.guard` under attack."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml.defences.adversarial import AdversarialTraining
from ml.defences.detection import guard
from ml.images import to_float
from ml.training.fit import fit

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A guard's form (`pool`, `contrast`, `widths`, `dense`: see `guard.build`) and its training.

    `epsilon`, `steps` and `relative_step` are those of the attack, `clean` the share of a batch that is not
    attacked; ε grows over the first `warm_up` part of all batches. `mirror` turns half of the images over.
    """

    pool: int = 1
    contrast: float = 0.0
    widths: tuple[int, ...] = (16, 32)
    dense: int = 64
    epsilon: float
    steps: int
    relative_step: float
    clean: float = 0.2
    warm_up: float = 0.4
    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.002
    mirror: bool = False

    @property
    def form(self) -> dict[str, Any]:
        """What `guard.build` takes beside the shape and the number of classes."""
        return {name: getattr(self, name) for name in ("pool", "contrast", "widths", "dense")}


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Shuffled images (N, H, W, C) uint8 with labels; the order depends on the seed and the epoch alone."""

    def __init__(self, images: Pixels, labels: Labels, plan: Plan, seed: int) -> None:
        super().__init__()
        self.images, self.labels, self.plan, self.seed, self.epoch = images, labels, plan, seed, 0

    def __len__(self) -> int:
        return max(1, len(self.labels) // self.plan.batch_size)

    def __getitem__(self, index: int) -> tuple[Floats, Labels]:
        rng = np.random.default_rng((self.seed, self.epoch))
        order = rng.permutation(len(self.labels))
        rows = order[index * self.plan.batch_size : (index + 1) * self.plan.batch_size]
        batch = to_float(self.images[rows])
        if self.plan.mirror:
            turned = rng.random(len(self.labels))[rows] < 0.5
            batch[turned] = batch[turned, :, ::-1]
        return batch, self.labels[rows]

    def on_epoch_end(self) -> None:
        self.epoch += 1


def train(
    plan: Plan, images: Pixels, labels: Labels, classes: int, *, seed: int, folder: Path, resume: bool
) -> keras.Model:
    """A guard trained on `images` (N, H, W, C) uint8 and their labels (N,), with checkpoints in `folder`.

    It is trained on pooled images: an attack on the pixels of a square moves their mean by no more than ε, so
    what the training meets is the same.
    """
    keras.utils.set_random_seed(seed)
    small = pooled(images, plan.pool)
    learner = guard.build(input_shape=small.shape[1:], classes=classes, **{**plan.form, "pool": 1})
    batches = Batches(small, labels, plan, seed)
    total = plan.epochs * len(batches)
    hardened = AdversarialTraining(
        learner,
        epsilon=plan.epsilon,
        steps=plan.steps,
        relative_step=plan.relative_step,
        warm_up=int(plan.warm_up * total),
        seed=seed,
        clean=plan.clean,
    )
    hardened.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(plan.learning_rate, total)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA's convolutions are slower on a CPU
    )
    fit(hardened, batches, epochs=plan.epochs, folder=folder, seed=seed, resume=resume, description="guard")
    whole = guard.build(input_shape=images.shape[1:], classes=classes, **plan.form)
    whole.set_weights(learner.get_weights())
    return whole


def pooled(images: Pixels, side: int) -> Pixels:
    """Means of squares of `side` pixels, rounded; what is left over at the far edges is dropped."""
    count, height, width, channels = images.shape
    rows, columns = height // side, width // side
    squares = images[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side, channels)
    return np.rint(squares.mean(axis=(2, 4))).astype(np.uint8)
