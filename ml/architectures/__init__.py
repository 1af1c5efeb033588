"""Network families, one file each; every one takes images in [0, 1] and returns logits."""

import importlib
from typing import TYPE_CHECKING, Any

from ml.errors import OptionRefused, sentence

if TYPE_CHECKING:
    import keras

# Imported only when built, as each brings Keras.
FAMILIES = {
    "simple-cnn": "ml.architectures.simple_cnn",
    "challenge-cnn": "ml.architectures.challenge_cnn",
    "digits-cnn": "ml.architectures.digits_cnn",
    "digits-cnn-gru": "ml.architectures.digits_cnn_gru",
    "digits-dnn": "ml.architectures.digits_dnn",
    "noisy-cnn": "ml.architectures.noisy_cnn",
    "robust-cnn": "ml.architectures.robust_cnn",
    "certified-cnn": "ml.architectures.certified_cnn",
    "logistic-regression": "ml.architectures.logistic_regression",
    "efficientnetb0": "ml.architectures.efficientnet",
    "keras-config": "ml.architectures.keras_config",
}


def build(name: str, **options: Any) -> "keras.Model":
    """An untrained network of the family `name`; `options` are those of its own `build`.

    Raises:
        OptionRefused: no such family, or an option it does not have.
    """
    if name not in FAMILIES:
        raise OptionRefused(
            sentence("There is no architecture %(name)s; there are: %(names)s."),
            name=name,
            names=", ".join(FAMILIES),
        )
    try:
        return importlib.import_module(FAMILIES[name]).build(**options)
    except TypeError as error:
        raise OptionRefused(
            sentence("The architecture %(name)s cannot be built so: %(reason)s."), name=name, reason=error
        ) from error
