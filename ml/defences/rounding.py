"""How far a network as float32 computes it may be from the same network in exact arithmetic.

Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 3.1: a sum of n products may be off by
γ(n)·Σ|w||h|, in whatever order it is summed. The sum itself may be far smaller than that.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from ml.defences import intervals

# Half the distance between 1 and the next number of float32.
UNIT = 2.0**-24


def widened(layer: keras.Layer, before: intervals.Triple, after: intervals.Triple) -> intervals.Triple:
    """The bounds `after` a layer, from those `before` it, apart by what float32 may be off within it.

    What the layer's activation makes of the sum is off by no more, as it nowhere rises faster than that.
    """
    values, lower, upper = after
    off = error(layer, before)
    return values, lower - off, upper + off


def error(layer: keras.Layer, before: intervals.Triple) -> tf.Tensor:
    """At most so much is each output off; what goes in lies between the bounds `before`."""
    _, lower, upper = before
    sizes = tf.maximum(tf.abs(lower), tf.abs(upper))
    found = [rule(layer, sizes) for kind, rule in _ERRORS.items() if isinstance(layer, kind)]
    return tf.add_n(found) if found else tf.zeros((), sizes.dtype)


def _gamma(roundings: int) -> float:
    """The share that so many roundings may take of a number (Higham's equation 3.4)."""
    return roundings * UNIT / (1 - roundings * UNIT)


def _sum(layer: keras.layers.Conv2D | keras.layers.Dense, sizes: tf.Tensor) -> tf.Tensor:
    kernel = tf.abs(tf.cast(layer.kernel, sizes.dtype))
    bias = tf.abs(tf.cast(layer.bias, sizes.dtype)) if layer.use_bias else tf.zeros((), sizes.dtype)
    # With the bias, and the scale that an inference runtime multiplies into the kernel beforehand.
    roundings = math.prod(kernel.shape[:-1]) + 3
    return _gamma(roundings) * (intervals.product(layer, sizes, kernel) + bias) + _bent(layer, sizes)


def _scaling(layer: keras.layers.BatchNormalization, sizes: tf.Tensor) -> tf.Tensor:
    scale, shift = intervals.scaling(layer, layer.moving_mean, layer.moving_variance, sizes.dtype)
    beta = tf.abs(tf.cast(layer.beta, sizes.dtype))
    # The shift is a difference of two numbers of this size at most.
    return _gamma(8) * (sizes * tf.abs(scale) + tf.abs(shift) + 2 * beta)


def _mean(layer: keras.layers.AveragePooling2D, sizes: tf.Tensor) -> tf.Tensor:
    return _gamma(math.prod(layer.pool_size) + 1) * intervals.pooled(layer, sizes)


def _rescaling(layer: keras.layers.Rescaling, sizes: tf.Tensor) -> tf.Tensor:
    return _gamma(3) * (sizes * layer.scale + abs(layer.offset))


def _bent(layer: keras.Layer, sizes: tf.Tensor) -> tf.Tensor:
    """A sigmoid is at most 1 and made of an exponential; a ReLU is exact."""
    curved = layer.activation is keras.activations.sigmoid
    return tf.constant(_gamma(16) if curved else 0.0, sizes.dtype)


# By kinds of layers; the others move values about and round nothing.
_ERRORS: dict[type, Callable[[Any, tf.Tensor], tf.Tensor]] = {
    keras.layers.Rescaling: _rescaling,
    keras.layers.Conv2D: _sum,
    keras.layers.Dense: _sum,
    keras.layers.BatchNormalization: _scaling,
    keras.layers.Activation: _bent,
    keras.layers.AveragePooling2D: _mean,
}
