"""A convolutional network whose interval bounds stay tight: strided, normalised, no pooling.

The initial weights are those of Shi et al. 2021, "Fast Certified Robust Training with Short Warmup": with the
usual ones every layer widens an interval by the square root of its inputs.
"""

import math
from collections.abc import Sequence

import keras
from keras import layers

from ml.architectures.contrast import contrasted


def build(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    convolutions: Sequence[Sequence[int]] = ((32, 5, 2), (64, 4, 2), (64, 3, 1)),
    dense: int = 256,
    normalised: bool = True,
    contrast: float = 0.0,
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 910,000 parameters for 28×28.

    Args:
        convolutions: channels, side of the kernel and stride of each.
        dense: neurons of the hidden layer.
        normalised: with batch normalisation before each activation.
        contrast: k of a first `contrasted`; 0 leaves it out.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = contrasted(image, contrast)
    for number, (channels, kernel, stride) in enumerate(convolutions, 1):
        values = layers.Conv2D(
            channels,
            kernel,
            strides=stride,
            padding="same",
            use_bias=not normalised,
            kernel_initializer=_even(kernel * kernel * values.shape[-1]),
            name=f"conv_{number}",
        )(values)
        values = _activated(values, f"conv_{number}", normalised)
    values = layers.Flatten(name="flat")(values)
    values = layers.Dense(
        dense, use_bias=not normalised, kernel_initializer=_even(values.shape[-1]), name="hidden"
    )(values)
    values = _activated(values, "hidden", normalised)
    logits = layers.Dense(classes, kernel_initializer=_even(dense), name="logits")(values)
    return keras.Model(image, logits, name="certified_cnn")


def _even(inputs: int) -> keras.initializers.Initializer:
    """With this spread an interval is as wide after a layer and its ReLU as before (section 4.1)."""
    return keras.initializers.RandomNormal(stddev=math.sqrt(2 * math.pi) / inputs)


def _activated(values: keras.KerasTensor, name: str, normalised: bool) -> keras.KerasTensor:
    if normalised:
        values = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(values)
    return layers.Activation("relu", name=f"{name}_relu")(values)
