"""EfficientNetB0 (Tan & Le 2019) as a feature extractor under a small head, for photos."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import keras
from keras import layers

from ml.errors import DataMissing, sentence

# Of the ImageNet photos, per channel, in [0, 1]: what the pretrained weights expect to be taken out.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
BACKBONE_END = "top_activation"
FEATURE_NORM = "feature_norm"


def build(
    *,
    input_shape: Sequence[int] = (224, 224, 3),
    classes: int = 3,
    hidden: int = 256,
    dropout: float = 0.3,
) -> keras.Model:
    """A network from RGB images in [0, 1] to `classes` logits; 4.4 million parameters.

    One `Rescaling` standardises the pixels, in place of Keras' two or (with its own ImageNet weights)
    three layers, so that the network is the same whichever weights it starts from, and holds nothing but
    standard layers with numbers in them.

    Args:
        hidden: width of the dense layer between features and logits.
        dropout: share of that layer dropped in training.
    """
    image = keras.Input(tuple(input_shape), name="image")
    values = _backbone(image)
    values = layers.GlobalAveragePooling2D(name="features")(values)
    values = layers.BatchNormalization(momentum=0.95, name=FEATURE_NORM)(values)
    values = layers.Dense(hidden, activation="relu", name="hidden")(values)
    values = layers.Dropout(dropout, name="dropout")(values)
    logits = layers.Dense(classes, name="logits")(values)
    return keras.Model(image, logits, name="efficientnetb0")


def start_from(network: keras.Model, weights: str | Path) -> None:
    """Fill the layers below the head with pretrained weights.

    Args:
        weights: "imagenet" (downloaded by Keras), or a `.weights.h5` file of
            `keras.applications.EfficientNetB0(weights=None, include_top=False)`.

    Raises:
        DataMissing: the file is missing or is of another network, or the download fails.
    """
    try:
        if str(weights) == "imagenet":
            # Keras tells of a download on standard output, which belongs to what a command answers.
            with contextlib.redirect_stdout(sys.stderr):
                source = keras.applications.EfficientNetB0(weights="imagenet", include_top=False)
        else:
            source = keras.applications.EfficientNetB0(weights=None, include_top=False)
            source.load_weights(weights)
    except Exception as error:  # urllib, h5py and Keras each raise their own
        raise DataMissing(
            sentence(
                "The starting weights %(name)s of EfficientNetB0 cannot be read (%(reason)s); give a file of"
                " them with --weights."
            ),
            name=Path(weights).name,
            reason=str(error).partition("\n")[0],
        ) from error
    for layer in source.layers:
        if layer.weights and not isinstance(layer, layers.Normalization):
            network.get_layer(layer.name).set_weights(layer.get_weights())


def backbone_layers(network: keras.Model) -> list[keras.layers.Layer]:
    """The layers below the head, from the input on; none of a network that is no EfficientNetB0."""
    names = [layer.name for layer in network.layers]
    return list(network.layers[: names.index(BACKBONE_END) + 1]) if BACKBONE_END in names else []


def _backbone(image: keras.KerasTensor) -> keras.KerasTensor:
    """Keras' EfficientNetB0 without top on `image`, its own standardisation replaced."""

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, layers.Rescaling):
            offsets = [-mean / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)]
            return layers.Rescaling([1 / each for each in DEVIATION], offsets, name="standardised")
        if isinstance(layer, layers.Normalization):
            return layers.Identity(name="pixels")
        return layer.__class__.from_config(layer.get_config())

    original = keras.applications.EfficientNetB0(
        weights=None, include_top=False, input_shape=tuple(image.shape[1:])
    )
    copy = keras.models.clone_model(original, input_tensors=image, clone_function=copied)
    return copy.output
