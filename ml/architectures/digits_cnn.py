"""The six-convolution digit network, and the convolutions that it shares with `digits_cnn_gru`."""

from collections.abc import Sequence

import keras
from keras import layers

WIDTHS = (32, 64, 128)
MOMENTUM = 0.99  # Keras's own


def build(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    widths: Sequence[int] = WIDTHS,
    dense: int = 512,
    doubled: bool = True,
    normalised: bool = True,
    momentum: float = MOMENTUM,
    dropout: float = 1.0,
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 1,150,000 parameters for 28×28.

    Args:
        widths: channels of each block of convolutions.
        dense: width of the two hidden layers.
        doubled: two convolutions a block, or one.
        normalised: with batch normalisation.
        momentum: share of themselves that its moving figures keep at each step: a training of a few hundred
            steps needs less than the usual one.
        dropout: by which the rates of all dropout layers are multiplied; 0 leaves them out.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = convolutions(
        image, widths=widths, doubled=doubled, normalised=normalised, momentum=momentum, dropout=dropout
    )
    values = layers.Flatten(name="flat")(values)
    for number, rate in ((1, 0.25), (2, 0.5)):
        values = layers.Dense(dense, activation="relu", name=f"hidden_{number}")(values)
        values = dropped(values, rate * dropout, f"hidden_{number}_drop")
        if normalised:
            values = layers.BatchNormalization(momentum=momentum, name=f"hidden_{number}_norm")(values)
    # In float32 whatever the policy: a loss in bfloat16 loses the small differences that teach.
    logits = layers.Dense(classes, dtype="float32", name="logits")(values)
    return keras.Model(image, logits, name="digits_cnn")


def convolutions(
    values: keras.KerasTensor,
    *,
    widths: Sequence[int],
    doubled: bool,
    normalised: bool,
    momentum: float,
    dropout: float,
) -> keras.KerasTensor:
    """[convolution 3×3, normalisation] twice, pooling and dropout for each of `widths`."""
    for block, width in enumerate(widths, 1):
        for part in "ab"[: 1 + doubled]:
            name = f"conv_{block}{part}"
            values = layers.Conv2D(width, 3, padding="same", activation="relu", name=name)(values)
            if normalised:
                values = layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")(values)
        values = layers.MaxPooling2D(2, name=f"pool_{block}")(values)
        values = dropped(values, 0.3 * dropout, f"drop_{block}")
    return values


def dropped(values: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    """`values` under a dropout of `rate`, or as they are when it is 0."""
    return layers.Dropout(rate, name=name)(values) if rate else values
