"""What a `Detector` computes, each as one TensorFlow graph with an open batch axis."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from ml.defences.detection import head
from ml.defences.detection.views import Arrays, Views

HEAD = "head."


def compiled(views: Views, arrays: Arrays, shape: tuple[int, int, int]) -> dict[str, Callable[..., Any]]:
    """Functions of a batch (N, *shape) that answer numpy arrays; see the methods of `Detector`.

    Before the head is fitted there are only `features` and `figures`.
    """
    learned, scored = _learned(arrays), scoring(views, arrays)
    batch, label = tf.TensorSpec([None, *shape], tf.float32), tf.TensorSpec([None], tf.int64)

    def evading(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            logits, figures = views.answers(images)
            aims = _otherwise(logits, labels) + tf.math.log_sigmoid(-head.logit(figures, learned))
        return tape.gradient(aims, images)

    functions: dict[str, tuple[Callable[..., Any], list[Any]]] = {
        "features": (views.features, [batch]),
        "figures": (lambda images: views.answers(images)[1], [batch]),
        "score": (lambda images: scored(images)[:, 0], [batch]),
        "evading": (evading, [batch, label]),
    }
    return {name: _graph(function, signature) for name, (function, signature) in functions.items()}


def scoring(views: Views, arrays: Arrays) -> Callable[[tf.Tensor], tf.Tensor]:
    """The score as a TensorFlow function of a batch, (N, 1)."""
    learned = _learned(arrays)
    return lambda images: tf.sigmoid(head.logit(views.answers(images)[1], learned))[:, None]


def _learned(arrays: Arrays) -> Arrays:
    """The arrays of the head."""
    return {name.removeprefix(HEAD): value for name, value in arrays.items() if name.startswith(HEAD)}


def _otherwise(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The logarithm (N,) of the probability of any answer but the labels."""
    others = logits - tf.one_hot(labels, tf.shape(logits)[-1]) * 1e9
    return tf.reduce_logsumexp(others, axis=-1) - tf.reduce_logsumexp(logits, axis=-1)


def _graph(function: Callable[..., Any], signature: list[Any]) -> Callable[..., Any]:
    traced = tf.function(function, input_signature=signature, autograph=False)

    def run(*values: Any) -> Any:
        return tf.nest.map_structure(np.asarray, traced(*(tf.constant(value) for value in values)))

    return run
