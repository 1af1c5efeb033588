"""The smallest useful convolutional network for digits: one convolution, one hidden layer."""

from collections.abc import Sequence

import keras
from keras import layers


def build(*, input_shape: Sequence[int] = (28, 28, 1), classes: int = 10) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 692,000 or so parameters for 28×28."""
    return keras.Sequential(
        [
            keras.Input(tuple(input_shape), name="image"),
            layers.Conv2D(32, 3, activation="relu", name="convolution"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(128, activation="relu", name="hidden"),
            layers.Dense(classes, name="logits"),
        ],
        name="simple_cnn",
    )
