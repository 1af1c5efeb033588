"""Multinomial logistic regression as a network of one layer: one weight for each pixel and class."""

from collections.abc import Sequence

import keras
from keras import layers


def build(*, input_shape: Sequence[int] = (28, 28, 1), classes: int = 10) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 7,850 parameters for 28×28."""
    return keras.Sequential(
        [
            keras.Input(tuple(input_shape), name="image"),
            layers.Flatten(name="flat"),
            layers.Dense(classes, name="logits"),
        ],
        name="logistic_regression",
    )
