"""One training of the study: a network, its optimizer and its data in, accuracies out."""

import dataclasses
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml.datasets import mnist
from ml.evaluation import metrics
from ml.images import to_float
from ml.training.digit_study import feed
from ml.training.digit_study.feed import AT_ONCE
from ml.training.digits import run as mnist_digits
from ml.training.fit import fit
from ml.training.recipe import Recipe
from ml.training.steps import remembered

MIXED = "mixed"
Result = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A network (its family and that family's options) and how it is trained."""

    family: str
    options: Mapping[str, Any] = field(default_factory=dict)
    learning_rate: float
    weight_decay: float
    batch_size: int

    def training(self, precision: str, epochs: int) -> mnist_digits.Training:
        """As the recipes of the final trainings say it."""
        return mnist_digits.Training(
            epochs=epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            precision=precision,
        )


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains settings in one place, each under a name of its own; what is done is not done again."""

    recipe: Recipe
    precision: str
    traced: bool
    output: Path
    resume: bool

    def train(
        self,
        name: str,
        setting: Setting,
        learning: mnist.Split,
        *,
        epochs: int,
        seed: int,
        measured: Mapping[str, mnist.Split],
        watched: mnist.Split | None = None,
    ) -> Result:
        """Train on `learning` and give the `history` and the `accuracy` on `measured`, see `accuracies`.

        The digits of `watched` are answered after every epoch; they do not change the training.
        """
        checkpoints = self.output / "checkpoints" / name

        def compute() -> Result:
            keras.utils.set_random_seed(seed)
            how = setting.training(self.precision, epochs)
            network = self.network(setting)
            history = fit(
                network,
                feed.training(mnist_digits.Batches(learning, ("plain",), how, seed)),
                epochs=epochs,
                folder=checkpoints,
                seed=seed,
                validation=None if watched is None else feed.validation(watched),
                resume=self.resume,
                description=name,
            )
            return {"history": history, "accuracy": accuracies(network, measured)}

        result: Result = remembered(self.output / "steps" / f"{name}.json", compute, self.resume)
        # Dozens of networks with their optimizers would fill gigabytes.
        shutil.rmtree(checkpoints, ignore_errors=True)
        keras.utils.clear_session()
        return result

    def network(self, setting: Setting) -> keras.Model:
        """The untrained, compiled network of `setting`.

        The learning rate stays as it is. Keras's Adam with a weight decay is its AdamW: both take the decay
        from the weights, not through the gradient (Loshchilov and Hutter 2019).
        """
        recipe = dataclasses.replace(self.recipe, architecture={"family": setting.family, **setting.options})
        network = mnist_digits._built(recipe, setting.training(self.precision, epochs=1))
        network.compile(
            keras.optimizers.AdamW(setting.learning_rate, weight_decay=setting.weight_decay),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            run_eagerly=not self.traced,
            jit_compile=False,  # XLA's convolutions are several times slower on a CPU
        )
        return network


def accuracies(network: keras.Model, measured: Mapping[str, mnist.Split]) -> dict[str, float]:
    """The accuracy on each of `measured`, and their mean as `mixed`."""
    found = {
        name: metrics.accuracy(split.labels, answers(network, split.images))
        for name, split in measured.items()
    }
    return {**found, MIXED: float(np.mean(list(found.values())))}


def answers(network: keras.Model, images: mnist.Images) -> npt.NDArray[np.int64]:
    """The class (N,) that `network` gives each of `images` (N, H, W, 1)."""
    parts = [
        network.predict_on_batch(to_float(images[start : start + AT_ONCE]))
        for start in range(0, len(images), AT_ONCE)
    ]
    return np.asarray(np.concatenate(parts).argmax(axis=-1))
