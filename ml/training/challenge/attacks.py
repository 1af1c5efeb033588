"""How right a network is, without and under attack."""

import numpy as np
import numpy.typing as npt

from ml.attacks import FGSM, PGD, Attack
from ml.classifier import Classifier
from ml.datasets.mnist import Split
from ml.evaluation import metrics
from ml.images import to_float
from ml.training import progress
from ml.verdict import softmax

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
# So many that the memory of the activations is small, and that the bar moves.
AT_ONCE = 500
FGSM_NAME = "FGSM"


def loss_and_accuracy(classifier: Classifier, images: Floats, labels: Labels) -> tuple[float, float]:
    """Mean cross-entropy and accuracy on a batch (N, H, W, C): in the order of `keras.Model.evaluate`."""
    probabilities = softmax(classifier.logits(images).astype(np.float64))
    own = probabilities[np.arange(len(labels)), labels]
    loss = float(-np.log(np.maximum(own, np.finfo(np.float64).tiny)).mean())
    return loss, metrics.accuracy(labels, probabilities.argmax(axis=-1))


def fgsm(classifier: Classifier, images: Floats, labels: Labels, epsilon: float) -> Floats:
    """The images after one step of ε against `classifier`, away from the true labels."""
    return FGSM()(classifier, images, epsilon=epsilon, labels=labels).images


def answers(classifier: Classifier, split: Split, attack: Attack, epsilon: float, description: str) -> Labels:
    """The answers (N,) to all digits of `split` under `attack` away from their true labels."""
    images, found = to_float(split.images), []
    for start in progress.track(range(0, len(images), AT_ONCE), description):
        part = slice(start, start + AT_ONCE)
        attacked = attack(
            classifier, images[part], epsilon=epsilon, labels=split.labels[part], seed=start
        ).images
        found.append(classifier.logits(attacked).argmax(axis=-1))
    return np.concatenate(found)


def attacks(steps: int) -> dict[str, Attack]:
    """FGSM, and PGD whose steps together lead twice as far as the ball reaches from its centre."""
    return {FGSM_NAME: FGSM(), f"PGD-{steps}": PGD(steps=steps, relative_step=2 / steps)}


def robust_accuracy(
    classifier: Classifier, split: Split, attack: Attack, epsilon: float, description: str
) -> float:
    """The share of all digits of `split` that are answered rightly both without and under `attack`."""
    clean = classifier.logits(to_float(split.images)).argmax(axis=-1) == split.labels
    return float(np.mean(clean & (answers(classifier, split, attack, epsilon, description) == split.labels)))
