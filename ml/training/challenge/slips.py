"""The original's protocol as it was run, and beside each of its three figures what is true of the network."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.classifier import Classifier
from ml.datasets.mnist import Split
from ml.images import to_float
from ml.training.challenge.attacks import Floats, fgsm, loss_and_accuracy

# How many test digits the original made adversarial, retrained on and tested on: the first of its test part.
TEN = 10
# No pixel moves further than this; at their ε of 0.01 none comes near it.
LIMIT = 0.3
EPSILON = 0.01


Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Slips:
    """Tables of figures: a row is a dict of column and cell. See `by_source` and `by_images`."""

    sources: Rows
    ten: Rows
    strong: Rows


def limited(images: Floats, attacked: Floats, limit: float = LIMIT) -> Floats:
    """`attacked` with every pixel at most `limit` away from its own in `images`."""
    return np.clip(images + np.clip(attacked - images, -limit, limit), 0, 1).astype(np.float32)


def adversarial(source: Classifier, split: Split, epsilon: float = EPSILON) -> Floats:
    """All digits of `split` after FGSM against `source`, limited as theirs were."""
    images = to_float(split.images)
    return limited(images, fgsm(source, images, split.labels, epsilon))


def first(split: Split) -> Split:
    """The ten that were trained on and tested on."""
    return Split(split.images[:TEN], split.labels[:TEN])


def others(split: Split) -> Split:
    """The next ten, which were not."""
    return Split(split.images[TEN : 2 * TEN], split.labels[TEN : 2 * TEN])


def slips(
    untrained: Classifier, trained: Classifier, retrained: Classifier, strong: Classifier, split: Split
) -> Slips:
    """All three, on the test part `split`.

    `retrained` learned the ten made from the untrained network at their ε, `strong` the ten made from the
    trained one at the limit.
    """
    return Slips(
        sources=by_source(untrained, trained, split),
        ten=by_images(untrained, trained, retrained, split, EPSILON),
        strong=by_images(trained, trained, strong, split, LIMIT),
    )


def by_source(untrained: Classifier, trained: Classifier, split: Split) -> Rows:
    """Slips a and b: loss and accuracy of the trained network by source of the gradient, ε and images."""
    rows = []
    for epsilon in (EPSILON, LIMIT):
        for name, source in (("before training", untrained), ("after training", trained)):
            for images, part in (("the ten", first(split)), ("whole test part", split)):
                loss, accuracy = loss_and_accuracy(trained, adversarial(source, part, epsilon), part.labels)
                rows.append(
                    {
                        "epsilon": epsilon,
                        "gradient of the network": name,
                        "images": images,
                        "count": len(part.labels),
                        "loss": loss,
                        "accuracy": accuracy,
                    }
                )
    return rows


def by_images(
    source: Classifier, before: Classifier, after: Classifier, split: Split, epsilon: float
) -> Rows:
    """Slip c: accuracy of a network before and after its retraining on the ten, on what it saw and did not.

    The images trained on were made from `source`; the last two rows attack each network itself.
    """
    rows: Rows = []
    parts = (
        ("the ten trained on", first(split)),
        ("ten others", others(split)),
        ("whole test part", split),
    )
    for name, part in parts:
        made = adversarial(source, part, epsilon)
        rows.append(_row(f"{name}, as the ten were made", part, before, made, after, made))
    for name, part in parts[1:]:
        own = adversarial(before, part, epsilon), adversarial(after, part, epsilon)
        rows.append(_row(f"{name}, made against the network tested", part, before, own[0], after, own[1]))
    clean = to_float(split.images)
    rows.append(_row("whole test part, clean", split, before, clean, after, clean))
    return rows


def _row(
    name: str, part: Split, before: Classifier, its: Floats, after: Classifier, others: Floats
) -> dict[str, Any]:
    return {
        "images": name,
        "count": len(part.labels),
        "before": loss_and_accuracy(before, its, part.labels)[1],
        "after": loss_and_accuracy(after, others, part.labels)[1],
    }
