"""Training on MNIST: recipes of the kind `mnist-digits`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml import architectures
from ml.card import Card, UnsureRule
from ml.classifier import Classifier
from ml.datasets import mnist
from ml.evaluation import metrics
from ml.images import to_float
from ml.training import result
from ml.training.fit import fit
from ml.training.handwriting import Variation, vary
from ml.training.recipe import Recipe
from ml.verdict import softmax, unsure

CLASSES = [str(digit) for digit in range(10)]


@dataclass(frozen=True, kw_only=True)
class Data:
    """`validation` of the 60,000 training digits are held out; the 10,000 test digits are only measured."""

    validation: int


@dataclass(frozen=True, kw_only=True)
class Training(Variation):
    """How long, how fast, and with which variations of the digits."""

    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """`unsure_share` of the validation digits, those of the lowest confidence, set the unsure threshold."""

    unsure_share: float


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Shuffled, varied digits; both depend on nothing but the seed, the epoch and the batch."""

    def __init__(self, split: mnist.Split, how: Training, seed: int) -> None:
        super().__init__()
        self.images, self.labels = to_float(split.images), split.labels
        self.how, self.seed, self.epoch = how, seed, 0

    def __len__(self) -> int:
        return len(self.labels) // self.how.batch_size

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.labels))
        chosen = order[index * self.how.batch_size : (index + 1) * self.how.batch_size]
        random = np.random.default_rng((self.seed, self.epoch, index))
        return vary(self.images[chosen], self.how, random), self.labels[chosen]

    def on_epoch_end(self) -> None:
        self.epoch += 1


def train(
    recipe: Recipe,
    *,
    data: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    output: Path,
    weights: Path | None = None,
    seed: int,
) -> Path:
    """Train, measure and store; see `ml.training.run`. `weights` has no use here: digits start from nothing.

    Returns:
        The folder of the finished model.
    """
    how, evaluation = recipe.read("training", Training), recipe.read("evaluation", Evaluation)
    keras.utils.set_random_seed(seed)
    size = recipe.read("data", Data).validation
    learning, validation = mnist.held_out(mnist.load("train", data), size, seed)
    epochs = epochs or how.epochs
    network = architectures.build(recipe.family, **recipe.options)
    batches = Batches(learning, how, seed)
    _compile(network, how.learning_rate, steps=epochs * len(batches))
    history = fit(
        network,
        batches,
        epochs=epochs,
        validation=(to_float(validation.images), validation.labels),
        folder=output / "checkpoints",
        resume=resume,
        description=recipe.name,
    )
    folder = output / "model"
    classifier = result.store_weights(
        folder,
        network,
        recipe,
        domain="digits",
        class_names=CLASSES,
        seed=seed,
        data={"name": "MNIST", "training": len(learning.labels), "validation": size},
        training={**asdict(how), "epochs": epochs, "validation_accuracy": history["val_accuracy"][-1]},
    )
    _store_card(folder, classifier, validation, evaluation, data)
    return folder


def measure(card: Card, classifier: Classifier, data: Path | None = None) -> dict[str, Any]:
    """The figures of `card.metrics` once more, from the pixels of the test digits."""
    figures, _ = _test(card, classifier, data)
    return figures


def _compile(network: keras.Model, learning_rate: float, steps: int) -> None:
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )


def _store_card(
    folder: Path, classifier: Classifier, validation: mnist.Split, evaluation: Evaluation, data: Path | None
) -> None:
    confidence = softmax(classifier.logits(to_float(validation.images))).max(axis=-1)
    rule = UnsureRule(
        score="confidence", threshold=round(float(np.quantile(confidence, evaluation.unsure_share)), 3)
    )
    card = result.store_card(folder, classifier.card, unsure=rule)
    figures, confusion = _test(card, classifier, data)
    result.store_card(folder, card, metrics=figures, confusion_matrix=confusion)


def _test(card: Card, classifier: Classifier, data: Path | None) -> tuple[dict[str, Any], list[list[int]]]:
    split = mnist.load("test", data)
    logits = classifier.logits(to_float(split.images))
    answers = logits.argmax(axis=-1)
    figures = {
        "test_accuracy": metrics.accuracy(split.labels, answers),
        "test_unsure": float(unsure(logits, card.unsure).mean()),
        "test_images": len(split.labels),
    }
    return figures, metrics.confusion_matrix(split.labels, answers, len(CLASSES)).tolist()
