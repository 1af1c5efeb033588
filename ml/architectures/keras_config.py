"""Networks that somebody else described: saved by Keras, checked layer by layer, rebuilt here."""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import keras
from keras import layers

from ml.architectures import keras_layers
from ml.architectures.keras_layers import RANGES
from ml.errors import OptionRefused, sentence

MOST_PARAMETERS = 150_000_000
MOST_VALUES = 2**25


def build(*, config: Mapping[str, Any], pixels: str = "0..1") -> keras.Model:
    """The network that `config` describes, taking images in [0, 1].

    Args:
        config: as `ml.architectures.keras_layers.checked` gives it; checked again here, as a card is a file
            that anyone can write.
        pixels: the range that the network was trained with, one of `RANGES`.

    Raises:
        OptionRefused: a layer that is not accepted, a network too large, or one that Keras cannot build.
    """
    if pixels not in RANGES:
        raise OptionRefused(
            sentence("There is no pixel range %(name)s; there are: %(names)s."),
            name=pixels,
            names=", ".join(RANGES),
        )
    network = rebuilt(keras_layers.checked(config))
    scale, offset = RANGES[pixels]
    image = keras.Input(network.input_shape[1:], name="image")
    return keras.Model(image, network(layers.Rescaling(scale, offset, name="pixels")(image)), name="imported")


def rebuilt(config: dict[str, Any]) -> keras.Model:
    """The network of a checked description, with untrained weights.

    Its size is known before any memory is taken: inside a stateless scope Keras keeps of a variable only
    the shape.

    Raises:
        OptionRefused: it is too large, or Keras cannot build it.
    """
    scope = keras.StatelessScope(initialize_variables=False)
    try:
        with scope:
            # Keras takes the description apart as it reads it.
            network = keras.saving.deserialize_keras_object(copy.deepcopy(config), safe_mode=True)
            _measured(network)
            scope.initialize_variables = True
    except Exception as error:  # Keras raises every kind of error over a description
        # The variables that were only counted would be made when the next scope ends.
        keras.utils.clear_session(free_memory=False)
        if isinstance(error, OptionRefused):
            raise
        raise OptionRefused(
            sentence("Keras cannot rebuild the network: %(reason)s."),
            reason=str(error).strip().partition("\n")[0].rstrip(".")[:200],
        ) from error
    return network


def every_layer(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers in order, those of networks inside it in place of these."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from every_layer(layer)
        else:
            yield layer


def _measured(network: keras.Model) -> None:
    """Raise OptionRefused for one that has no fixed picture size, or does not fit into memory."""
    shape, answer = network.input_shape, network.output_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        raise OptionRefused(
            sentence("The network takes %(shape)s; it must take pictures of one fixed size."), shape=shape
        )
    if not isinstance(answer, tuple) or len(answer) != 2 or answer[1] is None:
        raise OptionRefused(
            sentence("The network answers with %(shape)s; it must give one row of numbers per picture."),
            shape=answer,
        )
    values = max(math.prod(size or 1 for size in layer.output.shape) for layer in every_layer(network))
    if network.count_params() > MOST_PARAMETERS or values > MOST_VALUES:
        raise OptionRefused(
            sentence(
                "The network is too large: %(parameters)d parameters and %(values)d values in a layer, at"
                " most %(most)d and %(widest)d."
            ),
            parameters=network.count_params(),
            values=values,
            most=MOST_PARAMETERS,
            widest=MOST_VALUES,
        )
