"""The convolutional network that adversarial training on digits is usually measured with, in any width.

After the small network of Carlini & Wagner 2017 and of TRADES (Zhang et al. 2019).
"""

from collections.abc import Sequence

import keras
from keras import layers


def build(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    widths: Sequence[int] = (32, 64),
    dense: int = 200,
    dropout: float = 0.5,
) -> keras.Model:
    """A network from images in [0, 1] to `classes` logits; 313,000 parameters for 28×28.

    Args:
        widths: channels of both convolutions of each block; a block ends with a pooling by 2.
        dense: neurons of the two hidden layers.
        dropout: rate between them; 0 leaves it out.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = image
    for block, width in enumerate(widths, 1):
        for part in "ab":
            values = layers.Conv2D(width, 3, activation="relu", name=f"conv_{block}{part}")(values)
        values = layers.MaxPooling2D(2, name=f"pool_{block}")(values)
    values = layers.Flatten(name="flat")(values)
    values = layers.Dense(dense, activation="relu", name="hidden_1")(values)
    if dropout:
        values = layers.Dropout(dropout, name="drop")(values)
    values = layers.Dense(dense, activation="relu", name="hidden_2")(values)
    # In float32 whatever the policy: a loss in bfloat16 loses the small differences that teach.
    return keras.Model(
        image, layers.Dense(classes, dtype="float32", name="logits")(values), name="robust_cnn"
    )
