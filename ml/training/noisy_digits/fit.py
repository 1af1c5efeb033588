"""One training on noisy digits: the batches, the optimizer, and how fast it goes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml import architectures
from ml.datasets.arrays import CLASSES, Digits
from ml.training.digits.handwriting import Variation, vary
from ml.training.fit import Series, fit
from ml.training.noisy_digits.recipe import Network

Floats = npt.NDArray[np.float32]
# Noisy copies of images (N, 28, 28, 1) in [0, 1].
Noise = Callable[[Floats, np.random.Generator], Floats]
# What the random numbers of a seed are for: generators of different purposes never share numbers.
ORDER, BATCH, ONCE, VALIDATION = 1, 2, 3, 4


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training: what, for how long, on what kind of images. `architecture` has `family` and options."""

    network: Network
    architecture: dict[str, Any]
    epochs: int
    batch_size: int
    noise: Noise
    variation: Variation
    seed: int


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Shuffled noisy digits with one-hot labels.

    All depends on nothing but the seed and, where the job draws anew, the epoch and the batch.
    """

    def __init__(self, digits: Digits, job: Job) -> None:
        super().__init__()
        self.job, self.epoch = job, 0
        self.labels = one_hot(digits.labels)
        self.images = digits.images
        if not job.network.fresh:
            self.images = job.noise(digits.images, np.random.default_rng((job.seed, ONCE)))

    def __len__(self) -> int:
        return -(-len(self.labels) // self.job.batch_size)

    def __getitem__(self, index: int) -> tuple[Floats, Floats]:
        job = self.job
        order = np.random.default_rng((job.seed, ORDER, self.epoch)).permutation(len(self.labels))
        chosen = order[index * job.batch_size : (index + 1) * job.batch_size]
        images = self.images[chosen]
        if job.network.fresh:
            rng = np.random.default_rng((job.seed, BATCH, self.epoch, index))
            # What is written varies, then the noise falls on it.
            images = job.noise(vary(images, job.variation, rng), rng)
        return images, self.labels[chosen]

    def on_epoch_end(self) -> None:
        self.epoch += 1


def one_hot(labels: npt.NDArray[np.int64]) -> Floats:
    """Labels (N,) as rows (N, 10) of one 1 and nine 0."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def fitted(
    job: Job,
    digits: Digits,
    judged: Digits,
    *,
    folder: Path,
    resume: bool,
    description: str,
    choose: bool,
) -> tuple[keras.Model, Series]:
    """The trained network, and its loss and accuracy by epoch on training batches and on `judged`.

    Args:
        digits: to train on, before the job's noise.
        judged: measured after every epoch, as they are.
        choose: whether the network ends with the weights of the epoch that was best on `judged`; otherwise
            with those of the last.
    """
    keras.utils.set_random_seed(job.seed)
    batches = Batches(digits, job)
    network = compiled(job, steps=job.epochs * len(batches))
    history = fit(
        network,
        batches,
        epochs=job.epochs,
        validation=(judged.images, one_hot(judged.labels)),
        validation_batch_size=1000,
        folder=folder,
        seed=job.seed,
        resume=resume,
        description=description,
        monitor="val_accuracy" if choose else None,
    )
    return network, history


def compiled(job: Job, steps: int) -> keras.Model:
    """The untrained network of a job, with its loss and its schedule over `steps` batches."""
    options = {key: value for key, value in job.architecture.items() if key != "family"}
    network = architectures.build(job.architecture["family"], **options)
    rate: Any = job.network.learning_rate
    if job.network.cosine:
        warm = steps // 10
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 100, max(1, steps - warm), warmup_target=rate, warmup_steps=max(1, warm)
        )
    network.compile(
        keras.optimizers.AdamW(rate, weight_decay=job.network.weight_decay),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA's convolutions are several times slower on a CPU
    )
    return network


def answers(network: keras.Model, images: Floats) -> npt.NDArray[np.int64]:
    """The class (N,) that the network gives each image."""
    logits = network.predict(images, batch_size=1000, verbose=0)
    return np.asarray(logits.argmax(axis=-1), np.int64)


def speed(job: Job, digits: Digits, rounds: int = 2) -> dict[str, float]:
    """Images a second of one epoch of training: of the job's batches, and of plain `fit` on the same arrays.

    The best of `rounds` each, in turns, so that other work on the machine weighs on both alike.
    """
    batches = Batches(digits, job)
    network = compiled(job, steps=2 * (rounds + 1) * len(batches))
    plain = digits.images, batches.labels

    def by_recipe() -> None:
        network.fit(batches, shuffle=False, verbose=0)

    def by_plain_fit() -> None:
        network.fit(*plain, batch_size=job.batch_size, verbose=0)

    ways = {"recipe": by_recipe, "plain": by_plain_fit}
    for run in ways.values():
        run()  # compiles
    best = dict.fromkeys(ways, 0.0)
    for _ in range(rounds):
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            best[name] = max(best[name], len(digits.labels) / (time.perf_counter() - started))
    return best
