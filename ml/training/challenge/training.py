"""The trainings of the challenge: the plain network, its retraining on ten images, adversarial training."""

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from ml import architectures
from ml.datasets.mnist import Split
from ml.defences.adversarial import AdversarialTraining
from ml.images import to_float
from ml.training.fit import Series, fit
from ml.training.recipe import Recipe
from ml.training.shuffled import Shuffled

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
# A notebook's, which says nothing of it.
RETRAINING_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Training:
    """The plain training and, with `hard_`, the adversarial training that goes on from its weights.

    `seeds` plain trainings have the seeds from the run's own on; all that follows uses the first.
    A cosine takes the learning rate to `last` of itself, in the adversarial training to 0.
    `hard_steps` attack steps of `hard_relative_step`·ε make the adversarial images of each batch, but for the
    share `hard_clean`; ε grows to `hard_epsilon` over the first `hard_warm_up` part of all steps.

    `retraining_epochs` is how often the ten images are shown again, `strong_epochs` how often those at the
    limit are.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    last: float
    seeds: int
    retraining_epochs: int
    strong_epochs: int
    hard_epochs: int
    hard_batch_size: int
    hard_learning_rate: float
    hard_epsilon: float
    hard_steps: int
    hard_relative_step: float
    hard_clean: float = 0.0
    hard_warm_up: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network after its training, the figures of every epoch, and its weights before it."""

    network: keras.Model
    history: Series
    untrained: list[Floats]


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """What all trainings of one run share."""

    recipe: Recipe
    how: Training
    learned: Split
    tested: Split
    folder: Path
    epochs: int | None

    def plain(self, seed: int, resume: bool) -> Trained:
        """Adam on the learned digits as they are. If finished before, it comes with its optimizer's state."""
        keras.utils.set_random_seed(seed)
        network = self.built()
        untrained = network.get_weights()
        how = self.how
        epochs = min(self.epochs or how.epochs, how.epochs)
        _compile(network, how.learning_rate, epochs * self._batches(how.batch_size), how.last)
        history = self._fit(network, f"plain-{seed}", epochs, how.batch_size, resume, seed)
        return Trained(network=network, history=history, untrained=untrained)

    def retrained(
        self, name: str, seed: int, images: Floats, labels: Labels, epochs: int, resume: bool
    ) -> keras.Model:
        """The plain network fitted further on a few images alone, as a notebook's next cell does it.

        The same optimizer goes on, at the learning rate at which it had ended.
        """
        network = self.plain(seed, resume=True).network
        fit(
            network,
            Shuffled(images, labels, RETRAINING_BATCH, seed),
            epochs=epochs,
            folder=self.folder / name,
            seed=seed,
            resume=resume,
            description=name,
        )
        return network

    def hardened(self, start: list[Floats], seed: int, resume: bool) -> Trained:
        """Adversarial training on the learned digits, from the weights `start`."""
        keras.utils.set_random_seed(seed)
        how, network = self.how, self.built()
        network.set_weights(start)
        epochs = min(self.epochs or how.hard_epochs, how.hard_epochs)
        steps = epochs * self._batches(how.hard_batch_size)
        trainer = AdversarialTraining(
            network,
            epsilon=how.hard_epsilon,
            steps=how.hard_steps,
            relative_step=how.hard_relative_step,
            warm_up=int(how.hard_warm_up * steps),
            clean=how.hard_clean,
            seed=seed,
        )
        _compile(trainer, how.hard_learning_rate, steps, 0.0)
        history = self._fit(trainer, "hardened", epochs, how.hard_batch_size, resume, seed)
        return Trained(network=network, history=history, untrained=start)

    def built(self) -> keras.Model:
        """The untrained network."""
        return architectures.build(self.recipe.family, **self.recipe.options)

    def copy(self, weights: list[Floats]) -> keras.Model:
        """A network of these weights that no training changes."""
        network = self.built()
        network.set_weights(weights)
        return network

    def _batches(self, size: int) -> int:
        return -(-len(self.learned.labels) // size)

    def _fit(
        self, network: keras.Model, name: str, epochs: int, batch_size: int, resume: bool, seed: int
    ) -> Series:
        """Nothing is chosen by the validation figures: they are there for the curves."""
        return fit(
            network,
            Shuffled(to_float(self.learned.images), self.learned.labels, batch_size, seed),
            validation=(to_float(self.tested.images), self.tested.labels),
            validation_batch_size=batch_size,
            epochs=epochs,
            folder=self.folder / name,
            seed=seed,
            resume=resume,
            description=name,
            callbacks=[Seconds()],
        )


class Seconds(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Logs how long the training steps of an epoch take, its validation left out."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.begun = self.ended = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.ended = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs["seconds"] = self.ended - self.begun


def _compile(network: keras.Model, learning_rate: float, steps: int, last: float) -> None:
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps, alpha=last)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA's convolutions are several times slower on a CPU
    )
