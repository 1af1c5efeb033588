"""A trained network: logits and gradients of `ml.model.Model`.

How it is fast: the forward pass and the input gradient are each compiled once into a TensorFlow
graph with an open batch axis, and the weights are then frozen into it as constants, which lets
the runtime fold batch normalisation into the convolutions. A new batch size compiles nothing.
"""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.model import Floats, Model


class Classifier(Model):
    """A network with its card. Safe to call from several threads."""

    def __init__(self, network: Any, card: Card) -> None:
        """`network` is a keras.Model: (N, H, W, C) float32 in [0, 1] in, logits (N, classes) out."""
        super().__init__(card)
        self._network = network
        self._lock = threading.Lock()
        self._compiled: dict[str, Callable[..., Any]] = {}

    @property
    def network(self) -> Any:
        return self._network

    def logits(self, batch: Floats) -> Floats:
        """Logits (N, classes) of a batch (N, H, W, C) float32 in [0, 1]."""
        forward = self._function("forward")
        rows = [forward(part).numpy() for part in self._chunks(batch)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.class_names)), np.float32)

    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """∂ Σ CE(logits, labels) / ∂ batch, in inference mode, (N, H, W, C). `labels` is (N,) of int."""
        labels = np.asarray(labels, np.int64)
        if labels.shape != (len(batch),):
            raise ValueError(f"{len(batch)} images need {len(batch)} labels, not shape {labels.shape}")
        backward, start, parts = self._function("backward"), 0, []
        for part in self._chunks(batch):
            parts.append(backward(part, labels[start : start + len(part)]).numpy())
            start += len(part)
        return np.concatenate(parts) if parts else np.zeros_like(batch)

    def warm(self) -> None:
        """Compile both functions and run each once, so that the first person does not wait."""
        blank = np.zeros((1, *self.input_shape), np.float32)
        self.logits(blank)
        self.gradient(blank, [0])

    def _function(self, name: str) -> Callable[..., Any]:
        with self._lock:
            if name not in self._compiled:
                self._compiled[name] = _compile(self._network, self.input_shape, name)
            return self._compiled[name]


def _compile(network: Any, shape: tuple[int, int, int], name: str) -> Callable[..., Any]:
    """The forward pass or the input gradient as a frozen graph."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def forward(batch: Any) -> Any:
        return network(batch, training=False)

    def backward(batch: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=forward(batch))
        return tape.gradient(loss, batch)

    signature = [tf.TensorSpec([None, *shape], tf.float32)]
    if name == "backward":
        signature.append(tf.TensorSpec([None], tf.int64))
    function = tf.function(forward if name == "forward" else backward, input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())

    # Called by itself a frozen function costs 3 ms more a call than from inside a traced one.
    def unwrapped(*arguments: Any) -> Any:
        return frozen(*arguments)[0]

    traced = tf.function(unwrapped, input_signature=signature).get_concrete_function()
    return lambda *arguments: traced(*(tf.constant(value) for value in arguments))
