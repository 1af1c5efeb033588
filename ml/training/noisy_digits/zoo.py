"""The models that a run leaves for the zoo: trained under a mixture of noises, measured under each."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ml.card import Card, UnsureRule
from ml.classifier import Classifier
from ml.datasets import mnist, noise
from ml.datasets.arrays import CLASSES, Digits
from ml.evaluation import metrics
from ml.images import to_float
from ml.training import result
from ml.training.noisy_digits.fit import VALIDATION, Floats, Job, fitted
from ml.training.noisy_digits.recipe import Evaluation, Model
from ml.training.recipe import Recipe
from ml.verdict import softmax, unsure

NAMES = [str(digit) for digit in range(CLASSES)]


def label(kind: str, level: float) -> str:
    """A noise and its level as cards and tables name them: `gaussian 0.5`."""
    return f"{kind} {level:g}"


def train(
    recipe: Recipe,
    name: str,
    model: Model,
    job: Job,
    learning: Digits,
    validation: Digits,
    *,
    evaluation: Evaluation,
    output: Path,
    resume: bool,
    data: Path | None,
) -> Card:
    """Train `model` as `job` says, but under its mixture of noises; store it in `output / "models" / name`.

    The epoch is chosen on validation digits under the same mixture, the unsure threshold on clean ones.
    """

    def mixed(images: Floats, rng: np.random.Generator) -> Floats:
        return noise.mixed(images, model.highest, model.clean, rng)

    job = dataclasses.replace(job, noise=mixed)
    noisy = mixed(validation.images, np.random.default_rng((job.seed, VALIDATION)))
    network, history = fitted(
        job,
        learning,
        Digits(noisy, validation.labels),
        folder=output / "checkpoints" / name,
        resume=resume,
        description=name,
        choose=True,
    )
    folder = output / "models" / name
    classifier = result.store_weights(
        folder,
        network,
        _described(recipe, name, model, job),
        domain="digits",
        class_names=NAMES,
        seed=job.seed,
        data={
            "name": "MNIST",
            "training": len(learning.labels),
            "validation": len(validation.labels),
            "clean_share": model.clean,
            "highest_noise": dict(model.highest),
            "measured_noise": {kind: list(levels) for kind, levels in evaluation.noises.items()},
        },
        training={
            **asdict(job.variation),
            "epochs": job.epochs,
            "batch_size": job.batch_size,
            "learning_rate": job.network.learning_rate,
            "weight_decay": job.network.weight_decay,
            "validation_accuracy": max(history["val_accuracy"]),
            "history": history,
        },
        command=f"python manage.py recipe run {recipe.name}",
    )
    confidence = softmax(classifier.logits(validation.images)).max(axis=-1)
    rule = UnsureRule(
        score="confidence", threshold=round(float(np.quantile(confidence, evaluation.unsure_share)), 3)
    )
    card = dataclasses.replace(classifier.card, unsure=rule)
    figures, confusion = _test(card, classifier, data)
    return result.store_card(folder, card, metrics=figures, confusion_matrix=confusion)


def measure(card: Card, classifier: Classifier, data: Path | None = None) -> dict[str, Any]:
    """The figures of `card.metrics` once more, from the pixels of MNIST's test digits."""
    return _test(card, classifier, data)[0]


def _described(recipe: Recipe, name: str, model: Model, job: Job) -> Recipe:
    """The recipe as if it were that of this model alone: its name, architecture and texts."""
    texts = {**recipe.card, "notes": model.notes, "limits": list(model.limits)}
    return dataclasses.replace(
        recipe, name=name, title=model.title, architecture=job.architecture, card=texts
    )


def _test(card: Card, classifier: Classifier, data: Path | None) -> tuple[dict[str, Any], list[list[int]]]:
    """Figures on the clean test digits and under each noise; confusion matrix of the clean ones."""
    split = mnist.load("test", data)
    images = to_float(split.images)
    logits = classifier.logits(images)
    answered = logits.argmax(axis=-1)
    noises: Mapping[str, Sequence[float]] = card.data["measured_noise"]
    figures = {
        "test_accuracy": metrics.accuracy(split.labels, answered),
        "test_unsure": float(unsure(logits, card.unsure).mean()),
        "test_images": len(split.labels),
        "accuracy_by_noise": {
            label(kind, level): metrics.accuracy(
                split.labels, classifier.logits(noise.test(kind, images, level)).argmax(axis=-1)
            )
            for kind, levels in noises.items()
            for level in levels
        },
    }
    return figures, metrics.confusion_matrix(split.labels, answered, CLASSES).tolist()
