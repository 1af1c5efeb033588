"""A fixed first step that brings grey towards black or white, for pictures that are mostly one of these."""

import keras
from keras import layers


def contrasted(values: keras.KerasTensor, k: float) -> keras.KerasTensor:
    """σ(k·(x − ½)) of images in [0, 1]; k = 0 leaves them as they are."""
    if not k:
        return values
    values = layers.Rescaling(k, -k / 2, name="contrast")(values)
    return layers.Activation("sigmoid", name="ink")(values)
