"""The head: from a detector's figures to one score, a small network fitted on clean and attacked images."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Arrays = dict[str, npt.NDArray[Any]]


def fit(clean: Floats, groups: list[Floats], *, hidden: int, penalty: float, seed: int) -> Arrays:
    """Arrays of a head with one hidden layer, for figures (N, F) of clean images and of groups of attacked
    ones.

    Clean and attacked weigh the same, and so does each group of the attacked, whatever their numbers.

    Args:
        penalty: of the squared weights (scikit-learn's alpha).
    """
    from sklearn.neural_network import MLPClassifier

    centre, spread = np.median(clean, axis=0), clean.std(axis=0) + 1e-3
    parts = [clean, *groups]
    weights = [np.full(len(clean), 0.5 / len(clean))]
    weights += [np.full(len(group), 0.5 / len(groups) / len(group)) for group in groups]
    rows = np.concatenate(parts)
    learner = MLPClassifier(
        (hidden,), activation="tanh", solver="lbfgs", alpha=penalty, max_iter=1000, random_state=seed
    )
    learner.fit(
        np.arcsinh((rows - centre) / spread),
        np.arange(len(rows)) >= len(clean),
        sample_weight=np.concatenate(weights) * len(rows),
    )
    arrays = {"centre": centre, "spread": spread}
    for place, (matrix, offset) in enumerate(zip(learner.coefs_, learner.intercepts_, strict=True)):
        arrays |= {f"weights.{place}": matrix, f"offset.{place}": offset}
    return {name: np.asarray(value, np.float32) for name, value in arrays.items()}


def logit(figures: Any, arrays: Arrays) -> Any:
    """The score before its σ, (N,), of figures (N, F) in TensorFlow.

    Figures are standardised by those of clean images, then arcsinh makes far ones near without ever being
    flat.
    """
    import tensorflow as tf

    held = {name: tf.constant(np.asarray(value, np.float32)) for name, value in arrays.items()}
    values = tf.asinh((figures - held["centre"]) / held["spread"])
    values = tf.tanh(tf.matmul(values, held["weights.0"]) + held["offset.0"])
    return (tf.matmul(values, held["weights.1"]) + held["offset.1"])[:, 0]
