"""The six convolutions of `digits_cnn`, read as a sequence by two bidirectional GRUs (Cho et al. 2014)."""

from collections.abc import Sequence

import keras
from keras import layers

from ml.architectures.digits_cnn import MOMENTUM, WIDTHS, convolutions, dropped


def build(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    widths: Sequence[int] = WIDTHS,
    units: Sequence[int] = (512, 256),
    doubled: bool = True,
    normalised: bool = True,
    momentum: float = MOMENTUM,
    dropout: float = 1.0,
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 4,230,000 parameters for 28×28.

    Args:
        widths: channels of each block of convolutions.
        units: of the two GRUs, in each direction.
        doubled: two convolutions a block, or one.
        normalised: with batch normalisation.
        momentum: see `digits_cnn`.
        dropout: by which the rates of all dropout layers are multiplied; 0 leaves them out.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = convolutions(
        image, widths=widths, doubled=doubled, normalised=normalised, momentum=momentum, dropout=dropout
    )
    values = layers.Reshape((-1, widths[-1]), name="sequence")(values)
    first = layers.GRU(units[0], return_sequences=True, name="gru")
    values = layers.Bidirectional(first, name="gru_1")(values)
    values = dropped(values, 0.25 * dropout, "gru_1_drop")
    second = layers.GRU(units[1], name="gru")
    values = layers.Bidirectional(second, name="gru_2")(values)
    values = dropped(values, 0.5 * dropout, "gru_2_drop")
    logits = layers.Dense(classes, dtype="float32", name="logits")(values)
    return keras.Model(image, logits, name="digits_cnn_gru")
