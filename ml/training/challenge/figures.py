"""What is measured of a model of the challenge on digits that were not trained on."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ml.card import Card
from ml.classifier import Classifier
from ml.datasets.mnist import Split
from ml.errors import DataMissing, sentence
from ml.evaluation import metrics
from ml.images import to_float
from ml.training.challenge import data as challenge_data
from ml.training.challenge import slips
from ml.training.challenge.attacks import FGSM_NAME, attacks, loss_and_accuracy, robust_accuracy
from ml.training.challenge.data import Data, Digits
from ml.verdict import unsure

# Accuracy by ε, as text, by attack.
Swept = dict[str, dict[str, float]]
Compute = Callable[[], float]


def measure(card: Card, classifier: Classifier, data: Path | None = None) -> dict[str, Any]:
    """The figures of `card.metrics` once more, from the pixels; PGD on all of them takes a minute.

    Raises:
        DataMissing: the digits that the card's figures are about are not at hand.
    """
    described = Data(rows=card.data["rows"], learned=card.data["learned"])
    digits, _ = challenge_data.prepare(described, data)
    if digits.source != card.data["name"]:
        raise DataMissing(
            sentence("“%(name)s” was measured on %(source)s, which is not at hand: name its file or folder."),
            name=card.name,
            source=card.data["name"],
        )
    epsilons, steps = card.data["epsilons"], card.data["pgd_steps"]
    swept = sweep(card.name, classifier, digits.tested, epsilons, steps, weakest=epsilons[-1])
    return figures(classifier, digits, swept)


def figures(classifier: Classifier, digits: Digits, swept: Swept) -> dict[str, Any]:
    """The metrics of a card: clean, under FGSM at every ε of `swept`, under PGD at its largest."""
    found: dict[str, Any] = {
        "test_accuracy": accuracy(classifier, digits.tested),
        "test_unsure": float(
            unsure(classifier.logits(to_float(digits.tested.images)), classifier.card.unsure).mean()
        ),
        "test_images": len(digits.tested.labels),
    }
    if digits.strange is not None:
        found["mnist_test_accuracy"] = accuracy(classifier, digits.strange)
        found["mnist_test_images"] = len(digits.strange.labels)
    for attack, accuracies in swept.items():
        kept = list(accuracies.items())[0 if attack == FGSM_NAME else -1 :]
        found[f"accuracy_under_{attack}"] = dict(kept)
    return found


def of_network(classifier: Classifier, digits: Digits) -> dict[str, float]:
    """What is told of every seed: clean, under FGSM at the original's ε, and on MNIST's test digits."""
    images, labels = to_float(digits.tested.images), digits.tested.labels
    loss, clean = loss_and_accuracy(classifier, images, labels)
    attacked = slips.adversarial(classifier, digits.tested)
    found = {
        "loss": loss,
        "accuracy": clean,
        "accuracy under FGSM": loss_and_accuracy(classifier, attacked, labels)[1],
    }
    if digits.strange is not None:
        found["MNIST test"] = accuracy(classifier, digits.strange)
    return found


def confusion(classifier: Classifier, split: Split) -> list[list[int]]:
    """Counts of true classes (rows) and answers (columns) on the digits as they are."""
    answers = classifier.logits(to_float(split.images)).argmax(axis=-1)
    counts: list[list[int]] = metrics.confusion_matrix(
        split.labels, answers, len(classifier.class_names)
    ).tolist()
    return counts


def accuracy(classifier: Classifier, split: Split) -> float:
    """Accuracy on the digits as they are."""
    return loss_and_accuracy(classifier, to_float(split.images), split.labels)[1]


def sweep(
    name: str,
    classifier: Classifier,
    split: Split,
    epsilons: Sequence[float],
    steps: int,
    *,
    weakest: float = 0.0,
    keep: Callable[[str, Compute], float] = lambda _, compute: compute(),
) -> Swept:
    """Accuracy by attack and ε on all of `split`; each figure goes through `keep` by its name.

    PGD, which takes its time, begins at the ε `weakest`.
    """
    found: Swept = {}
    for called, attack in attacks(steps).items():
        found[called] = {}
        for epsilon in epsilons:
            if called != FGSM_NAME and epsilon < weakest:
                continue
            title = f"{name}-{called}-{epsilon:g}"
            compute = partial(robust_accuracy, classifier, split, attack, epsilon, title)
            found[called][f"{epsilon:g}"] = keep(title, compute)
    return found
