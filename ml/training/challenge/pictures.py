"""Digits before and after FGSM, with what the network says of each."""

from collections.abc import Sequence

import numpy as np

from ml.classifier import Classifier
from ml.datasets.mnist import Split
from ml.images import to_float, to_pixels
from ml.report import Picture, Pictures
from ml.training.challenge.attacks import Floats, fgsm

SHOWN = 4


def pictures(before: Classifier, after: Classifier, split: Split, epsilons: Sequence[float]) -> Pictures:
    """The first test digits, each in a row for each network: clean, then attacked against that network."""
    images = to_float(split.images[:SHOWN])
    labels = split.labels[:SHOWN]
    rows: list[list[Picture]] = [[] for _ in range(2 * SHOWN)]
    for offset, (name, classifier) in enumerate((("plain", before), ("hardened", after))):
        for epsilon in (0.0, *epsilons):
            attacked = fgsm(classifier, images, labels, epsilon)
            for index, picture in enumerate(_said(name, classifier, attacked, labels, epsilon)):
                rows[2 * index + offset].append(picture)
    title = f"The first {SHOWN} digits of the test part, clean and under FGSM"
    return Pictures(name="pictures", title=title, rows=rows)


def _said(
    name: str, classifier: Classifier, attacked: Floats, labels: np.ndarray, epsilon: float
) -> list[Picture]:
    made = []
    probabilities = classifier.probabilities(attacked)
    for image, label, each in zip(attacked, labels, probabilities, strict=True):
        answer = int(each.argmax())
        wrong = "" if answer == label else f", wrong: it is a {label}"
        caption = f"{name}, ε = {epsilon:g}: {answer} ({each[answer]:.0%}){wrong}"
        made.append(Picture(image=to_pixels(image), caption=caption))
    return made
