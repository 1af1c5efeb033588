"""Distances of a network's features from those of clean images, in the metric of their spread.

Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial
Attacks", equation 2: each class is a Gaussian with its own mean and one covariance for all. Here each layer's
features (means over the picture, where it is a map) are first reduced to the directions of the greatest
spread within the classes, which keeps the arrays small.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Arrays = dict[str, npt.NDArray[Any]]
# Of the largest variance within classes: less is taken for nothing, so that no direction is blown up.
FLOOR = 1e-4


def fit(features: Floats, labels: Labels, *, classes: int, directions: int) -> Arrays:
    """`whitening` (D, K) and `means` (classes, K) of clean features (N, D), K = at most `directions`.

    In the whitened space the spread within classes is 1 in every direction. A class without samples gets the
    mean of all.
    """
    means = np.stack(
        [
            features[labels == each].mean(axis=0) if (labels == each).any() else features.mean(axis=0)
            for each in range(classes)
        ]
    )
    inner = features - means[labels]
    variances, axes = np.linalg.eigh(np.cov(inner, rowvar=False).astype(np.float64))
    kept = np.argsort(-variances)[:directions]
    spread = np.sqrt(np.maximum(variances[kept], FLOOR * max(float(variances.max()), 1e-12)))
    whitening = (axes[:, kept] / spread).astype(np.float32)
    return {"whitening": whitening, "means": (means @ whitening).astype(np.float32)}


def measured(features: Any, probabilities: Any, arrays: Arrays) -> list[Any]:
    """Two figures (N,) of features (N, D) in TensorFlow.

    The logarithm of the squared distance from the nearest class, and how much further the answered class is;
    the answer counts by its `probabilities` (N, classes), so that the figures change without a jump.
    """
    import tensorflow as tf

    placed = tf.matmul(features, tf.constant(np.asarray(arrays["whitening"], np.float32)))
    means = tf.constant(np.asarray(arrays["means"], np.float32))
    away = tf.reduce_mean((placed[:, None] - means) ** 2, axis=-1)
    logarithms = tf.math.log(away + 1e-3)
    nearest = tf.reduce_min(logarithms, axis=-1)
    return [nearest, tf.reduce_sum(probabilities * logarithms, axis=-1) - nearest]


def flat(values: Any) -> Any:
    """A layer's output as features (N, D): a map (N, H, W, D), or a sequence (N, T, D), by its means."""
    import tensorflow as tf

    between = tuple(range(1, len(values.shape) - 1))
    return tf.reduce_mean(values, axis=between) if between else values
