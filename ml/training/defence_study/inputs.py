"""What stands before a network: a watch that rejects images, and a view that takes the attack away."""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from ml.classifier import Classifier
from ml.defences.detection import squeezing
from ml.model import Floats


class View(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A squeeze of `ml.defences.detection.squeezing` as a layer; rounding passes the gradient through."""

    def __init__(self, squeeze: str) -> None:
        super().__init__()
        self.squeeze = squeezing.named(squeeze)

    def call(self, batch: object) -> object:
        return self.squeeze(batch)


class Purified(Classifier):
    """Another network's answer to the squeezed image. An attack on this one knows the squeeze."""

    def __init__(self, model: Classifier, squeeze: str) -> None:
        image = keras.Input(model.input_shape)
        super().__init__(keras.Model(image, model.network(View(squeeze)(image))), model.card)


class Watch:
    """Feature squeezing (Xu et al. 2018): an image whose squeezes get another answer is rejected."""

    def __init__(
        self, model: Classifier, squeezes: Sequence[str], clean: Floats, false_alarms: float
    ) -> None:
        """The threshold is that which the share `false_alarms` of the images `clean` (N, H, W, C) reaches."""
        self._model = model
        self._views = [Purified(model, squeeze) for squeeze in squeezes]
        self.threshold = float(np.quantile(self.scores(clean), 1 - false_alarms))

    def scores(self, batch: Floats) -> Floats:
        """(N,) the largest L1 distance of a squeezed image's probabilities from the image's own, 0 to 2."""
        own = self._model.probabilities(batch)
        others = [np.abs(view.probabilities(batch) - own).sum(axis=-1) for view in self._views]
        return np.max(others, axis=0).astype(np.float32)

    def rejects(self, batch: Floats) -> npt.NDArray[np.bool_]:
        """(N,) whether each image is rejected."""
        return np.asarray(self.scores(batch) > self.threshold)
