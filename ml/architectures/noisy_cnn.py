"""A convolutional network for noisy digits, from two plain convolutions to wide, normalised, strided ones.

Against noise the first kernel counts: it averages, and a 7×7 one averages over five times as many pixels as
a 3×3 one. A stride of 2 there makes all that follows four times cheaper.
"""

from collections.abc import Sequence

import keras
from keras import layers


def build(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    blocks: Sequence[Sequence[int]] = ((32,), (64,)),
    kernel: int = 3,
    stride: int = 1,
    dense: int = 128,
    normalised: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 422,000 parameters for 28×28.

    Args:
        blocks: channels of the convolutions of each block; a block ends with a pooling by 2.
        kernel: side of the first kernel; all others are 3×3.
        stride: of the first convolution.
        dense: neurons of the hidden layer.
        normalised: with batch normalisation before each activation.
        dropout: rate before and after the hidden layer; 0 leaves it out.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = image
    for number, widths in enumerate(blocks, 1):
        for part, width in enumerate(widths, 1):
            name = f"conv_{number}_{part}"
            first = values is image
            values = layers.Conv2D(
                width,
                kernel if first else 3,
                strides=stride if first else 1,
                padding="same",
                use_bias=not normalised,
                name=name,
            )(values)
            values = _activated(values, name, normalised)
        values = layers.MaxPooling2D(2, name=f"pool_{number}")(values)
    values = _dropped(layers.Flatten(name="flat")(values), "flat", dropout)
    values = layers.Dense(dense, use_bias=not normalised, name="hidden")(values)
    values = _dropped(_activated(values, "hidden", normalised), "hidden", dropout)
    return keras.Model(image, layers.Dense(classes, name="logits")(values), name="noisy_cnn")


def _activated(values: keras.KerasTensor, name: str, normalised: bool) -> keras.KerasTensor:
    if normalised:
        values = layers.BatchNormalization(name=f"{name}_norm")(values)
    return layers.Activation("relu", name=f"{name}_relu")(values)


def _dropped(values: keras.KerasTensor, name: str, rate: float) -> keras.KerasTensor:
    return layers.Dropout(rate, name=f"{name}_drop")(values) if rate else values
