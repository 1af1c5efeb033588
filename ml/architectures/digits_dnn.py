"""The dense digit network: every pixel to every neuron, nothing known of neighbourhood."""

from collections.abc import Sequence

import keras
from keras import layers


def build(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    widths: Sequence[int] = (512, 256),
    normalised: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 536,000 parameters for 28×28.

    Args:
        widths: neurons of each hidden layer.
        normalised: with batch normalisation before each activation.
        dropout: rate after each hidden layer; 0 leaves it out.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = layers.Flatten(name="flat")(image)
    for number, width in enumerate(widths, 1):
        name = f"hidden_{number}"
        # Normalisation brings a bias of its own.
        values = layers.Dense(width, use_bias=not normalised, name=name)(values)
        if normalised:
            values = layers.BatchNormalization(name=f"{name}_norm")(values)
        values = layers.Activation("relu", name=f"{name}_relu")(values)
        if dropout:
            values = layers.Dropout(dropout, name=f"{name}_drop")(values)
    return keras.Model(image, layers.Dense(classes, name="logits")(values), name="digits_dnn")
