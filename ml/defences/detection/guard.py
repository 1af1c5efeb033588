"""A guard: a small network of its own, trained under attack, that is asked for a second opinion.

Squeezing compares a network with itself, and whoever knows the squeezes can fool all views at once. A network
that withstands the attack is not taken along so easily: where the two disagree, one of them was led astray.
"""

from collections.abc import Sequence

import keras
from keras import layers

from ml.architectures.contrast import contrasted


def build(
    *,
    input_shape: Sequence[int],
    classes: int,
    pool: int = 1,
    contrast: float = 0.0,
    widths: Sequence[int] = (16, 32),
    dense: int = 64,
) -> keras.Model:
    """An untrained guard: images in [0, 1] in, logits out.

    Args:
        pool: pixels are first averaged over squares of this side.
        contrast: k of a `contrasted` after that; 0 leaves it out.
        widths: channels of the convolutions, each of which halves the sides.
        dense: width of the hidden layer.
    """
    image = keras.Input(tuple(input_shape), name="image")
    pooled = layers.AveragePooling2D(pool, name="pooled")(image) if pool > 1 else image
    values = contrasted(pooled, contrast)
    for number, width in enumerate(widths, 1):
        size = 5 if number == 1 else 3
        values = layers.Conv2D(width, size, strides=2, padding="same", name=f"conv_{number}")(values)
        values = layers.Activation("relu", name=f"conv_{number}_relu")(values)
    values = layers.Flatten(name="flat")(values)
    values = layers.Dense(dense, activation="relu", name="hidden")(values)
    return keras.Model(image, layers.Dense(classes, name="logits")(values), name="guard")
