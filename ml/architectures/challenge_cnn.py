"""Two blocks of convolution and pooling, as Kaggle's Digit Recognizer notebooks begin with."""

from collections.abc import Sequence

import keras
from keras import layers


def build(
    *, input_shape: Sequence[int] = (28, 28, 1), classes: int = 10, dropout: float = 0.4
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 460,000 or so parameters for 28×28."""
    return keras.Sequential(
        [
            keras.Input(tuple(input_shape), name="image"),
            layers.Conv2D(32, 5, activation="relu", name="convolution_1"),
            layers.MaxPooling2D(name="pool_1"),
            layers.Conv2D(64, 3, activation="relu", name="convolution_2"),
            layers.MaxPooling2D(name="pool_2"),
            layers.Flatten(name="flat"),
            layers.Dense(256, activation="relu", name="hidden"),
            layers.Dropout(dropout, name="dropout"),
            layers.Dense(classes, name="logits"),
        ],
        name="challenge_cnn",
    )
