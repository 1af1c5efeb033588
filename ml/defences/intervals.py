"""Interval bounds: what a network's logits can become while every pixel stays within its own interval.

Gowal et al. 2018, "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust Models".
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ml.errors import OptionRefused, sentence

# (values, lower bounds, upper bounds) of one layer, each (N, ...).
Triple = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
# What the bounds after a layer are made into, from it and those before it.
Widen = Callable[[keras.Layer, Triple, Triple], Triple]
_RELU = keras.activations.relu
_LINEAR = keras.activations.linear
# Functions that never fall, and nowhere rise faster than what they are given.
_MONOTONE = (_LINEAR, _RELU, keras.activations.sigmoid)


def chain(network: keras.Model) -> list[keras.Layer]:
    """The layers of `network` in their order, the input's left out.

    Raises:
        OptionRefused: the layers are no chain, or one of them has no rule here.
    """
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    for number, layer in enumerate(layers):
        before = network.inputs[0] if number == 0 else layers[number - 1].output
        chained = len(layer._inbound_nodes) >= 1 and layer.input is before
        known = any(isinstance(layer, kind) for kind in _RULES)
        if not chained or not known or not _plain(layer):
            raise OptionRefused(
                sentence("Bounds cannot be computed through the layer “%(layer)s” (%(kind)s)."),
                layer=layer.name,
                kind=type(layer).__name__,
            )
    if not isinstance(layers[-1], keras.layers.Dense) or layers[-1].activation is not _LINEAR:
        raise OptionRefused(
            sentence("Bounds need a network that ends with a dense layer of logits, not “%(layer)s”."),
            layer=layers[-1].name,
        )
    return layers


def margins(
    layers: Sequence[keras.Layer],
    triple: Triple,
    labels: tf.Tensor,
    *,
    training: bool = False,
    seen: list[Triple] | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Logits (N, classes), and lower bounds (N, classes) of the label's logit minus each other one.

    The last layer is taken together with the difference of two logits, which is tighter than the difference
    of their bounds (Gowal et al., section 3, "elision of the last layer"). The label's own margin is 0.

    Args:
        layers: of `chain`.
        triple: the images (N, H, W, C), and the lower and upper ends of their pixels.
        training: batch normalisation uses, and keeps, the figures of these images.
        seen: gets what goes into the first linear layer, then what goes into each ReLU.
    """
    values, lower, upper = features(layers, triple, training=training, seen=seen)
    weights = tf.cast(layers[-1].kernel, values.dtype)
    bias = tf.cast(layers[-1].bias, values.dtype)
    logits = values @ weights + bias
    # (N, features, classes): the label's weights minus each class's.
    difference = tf.gather(tf.transpose(weights), labels)[:, :, None] - weights[None]
    middle, radius = (lower + upper) / 2, (upper - lower) / 2
    bounds = tf.einsum("nf,nfc->nc", middle, difference)
    bounds -= tf.einsum("nf,nfc->nc", radius, tf.abs(difference))
    return logits, bounds + tf.gather(bias, labels)[:, None] - bias[None]


def features(
    layers: Sequence[keras.Layer],
    triple: Triple,
    *,
    training: bool = False,
    seen: list[Triple] | None = None,
    widen: Widen | None = None,
) -> Triple:
    """What goes into the last of `layers`, each (N, features); the arguments are those of `margins`.

    With `widen` the bounds after each layer are what it makes of them.
    """
    for layer in layers[:-1]:
        first = not seen and isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)
        bent = isinstance(layer, keras.layers.Activation) and layer.activation is _RELU
        if seen is not None and (first or bent):
            seen.append(triple)
        before, triple = triple, _rule(layer)(layer, triple, training)
        if widen:
            triple = widen(layer, before, triple)
    return triple


def _affine(layer: keras.Layer, triple: Triple, training: bool) -> Triple:
    """A linear map moves the middle of an interval, and its absolute value the radius."""
    values, lower, upper = triple
    kernel = tf.cast(layer.kernel, values.dtype)
    bias = tf.cast(layer.bias, values.dtype) if layer.use_bias else tf.zeros((), values.dtype)
    moved, middle = (product(layer, each, kernel) + bias for each in (values, (lower + upper) / 2))
    radius = product(layer, (upper - lower) / 2, tf.abs(kernel))
    return _through(layer.activation, (moved, middle - radius, middle + radius))


def product(
    layer: keras.layers.Conv2D | keras.layers.Dense, values: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """`values` multiplied by `kernel` in the way of the layer."""
    if isinstance(layer, keras.layers.Conv2D):
        return tf.nn.conv2d(values, kernel, layer.strides, layer.padding.upper())
    return tf.tensordot(values, kernel, 1)


def _normalisation(layer: keras.layers.BatchNormalization, triple: Triple, training: bool) -> Triple:
    """An affine map for each channel; in training its figures are those of the images themselves."""
    values, lower, upper = triple
    if training:
        mean, variance = tf.nn.moments(values, list(range(values.shape.rank - 1)))
        for kept, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
            kept.assign(kept * layer.momentum + new * (1 - layer.momentum))
    else:
        mean, variance = layer.moving_mean, layer.moving_variance
    scale, shift = scaling(layer, mean, variance, values.dtype)
    middle, radius = (lower + upper) / 2 * scale + shift, (upper - lower) / 2 * tf.abs(scale)
    return values * scale + shift, middle - radius, middle + radius


def scaling(
    layer: keras.layers.BatchNormalization, mean: tf.Tensor, variance: tf.Tensor, dtype: tf.DType
) -> tuple[tf.Tensor, tf.Tensor]:
    """By what each channel is multiplied, and what is then added."""
    scale = tf.cast(layer.gamma, dtype) * tf.math.rsqrt(tf.cast(variance, dtype) + layer.epsilon)
    return scale, tf.cast(layer.beta, dtype) - tf.cast(mean, dtype) * scale


def _monotone(layer: keras.layers.Activation, triple: Triple, training: bool) -> Triple:
    """A function that never falls maps the ends of an interval to the ends."""
    return _through(layer.activation, triple)


def _rectified(layer: keras.layers.ReLU, triple: Triple, training: bool) -> Triple:
    # Not the layer itself, which would round what is float64 to its own float32.
    return _each(tf.nn.relu, triple)


def _pooled(
    layer: keras.layers.MaxPooling2D | keras.layers.AveragePooling2D, triple: Triple, training: bool
) -> Triple:
    return _each(lambda values: pooled(layer, values), triple)


def pooled(layer: keras.layers.MaxPooling2D | keras.layers.AveragePooling2D, values: tf.Tensor) -> tf.Tensor:
    """The layer at the precision of `values`."""
    largest = isinstance(layer, keras.layers.MaxPooling2D)
    pool = tf.nn.max_pool2d if largest else tf.nn.avg_pool2d
    return pool(values, layer.pool_size, layer.strides, layer.padding.upper())


def _rescaling(layer: keras.layers.Rescaling, triple: Triple, training: bool) -> Triple:
    return _each(lambda values: values * layer.scale + layer.offset, triple)


def _flat(layer: keras.layers.Flatten, triple: Triple, training: bool) -> Triple:
    size = math.prod(triple[0].shape[1:])
    return _each(lambda values: tf.reshape(values, (-1, size)), triple)


def _same(layer: keras.layers.Dropout, triple: Triple, training: bool) -> Triple:
    """A dropout outside training; in training it would make the bounds those of another network."""
    return triple


def _through(activation: Any, triple: Triple) -> Triple:
    return triple if activation is _LINEAR else _each(activation, triple)


def _each(function: Callable[[tf.Tensor], tf.Tensor], triple: Triple) -> Triple:
    """The same for values, lower and upper bounds: right for functions that never fall."""
    values, lower, upper = (function(each) for each in triple)
    return values, lower, upper


_RULES: dict[type, Callable[[Any, Triple, bool], Triple]] = {
    keras.layers.Rescaling: _rescaling,
    keras.layers.Conv2D: _affine,
    keras.layers.Dense: _affine,
    keras.layers.BatchNormalization: _normalisation,
    keras.layers.Activation: _monotone,
    keras.layers.ReLU: _rectified,
    keras.layers.MaxPooling2D: _pooled,
    keras.layers.AveragePooling2D: _pooled,
    keras.layers.Flatten: _flat,
    keras.layers.Dropout: _same,
}


def _rule(layer: keras.Layer) -> Callable[[Any, Triple, bool], Triple]:
    return next(rule for kind, rule in _RULES.items() if isinstance(layer, kind))


def _plain(layer: keras.Layer) -> bool:
    """Whether a layer's options are those that its rule knows."""
    if isinstance(layer, keras.layers.Conv2D):
        strided = layer.padding in ("same", "valid") and layer.data_format == "channels_last"
        if not strided or tuple(layer.dilation_rate) != (1, 1) or layer.groups != 1:
            return False
    if isinstance(layer, keras.layers.MaxPooling2D | keras.layers.AveragePooling2D):
        return bool(layer.data_format == "channels_last")
    if isinstance(layer, keras.layers.ReLU):
        return layer.max_value is None and layer.negative_slope == 0 and layer.threshold == 0
    if isinstance(layer, keras.layers.BatchNormalization):
        return bool(layer.center and layer.scale)
    if isinstance(layer, keras.layers.Rescaling):
        return bool(np.ndim(layer.scale) == 0 and layer.scale > 0 and np.ndim(layer.offset) == 0)
    return getattr(layer, "activation", _LINEAR) in _MONOTONE
