"""What a `Detector` computes, each as one TensorFlow graph with an open batch axis."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ml.defences.detection import head
from ml.defences.detection.views import Arrays, Asked, Views

if TYPE_CHECKING:
    import openvino as ov

HEAD = "head."


def compiled(views: Views, arrays: Arrays, shape: tuple[int, int, int]) -> dict[str, Callable[..., Any]]:
    """Functions of a batch (N, *shape) that answer numpy arrays; see the methods of `Detector`.

    Before the head is fitted there are only `features` and `figures`.
    """
    learned = _learned(arrays)
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
        "answers": (answering(views, arrays), [batch]),
        "evading": (evading, [batch, label]),
    }
    return {name: _graph(function, signature) for name, (function, signature) in functions.items()}


def answering(views: Views, arrays: Arrays) -> Callable[..., tf.Tensor]:
    """The network's logits and, last, the score as one TensorFlow function of a batch, (N, classes + 1).

    The score needs the logits anyhow: who wants both has them for one pass through the network. The function
    takes what the network was `Views.asked`, too.
    """
    learned = _learned(arrays)

    def answers(images: tf.Tensor, asked: Asked | None = None) -> tf.Tensor:
        logits, figures = views.answers(images, asked)
        return tf.concat([logits, tf.sigmoid(head.logit(figures, learned))[:, None]], -1)

    return answers


def converted(views: Views, arrays: Arrays, shape: tuple[int, int, int]) -> "ov.Model":
    """The same as a graph of the inference runtime, which has no gradients of its own."""
    from ml.graphs import inference

    answer = answering(views, arrays)
    if not views.settings.footprint:
        return inference.converted(answer, shape)
    from ml.graphs.slopes import SLOPES, with_slopes

    def waiting(images: tf.Tensor, slopes: tf.Tensor) -> list[tf.Tensor]:
        asked = views.asked(images, slopes)
        return [answer(images, asked), asked.logits, asked.views]

    return with_slopes(inference.converted(waiting, shape, SLOPES))


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
