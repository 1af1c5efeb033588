"""An estimator with its card, as a model of the zoo: it answers like every other, but has no gradient."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.errors import EpsilonError, ModelUnavailable, sentence
from ml.estimators import Arrays, Estimator, restore, store
from ml.model import Floats, Model, gradient_refused


class EstimatorModel(Model):
    """A `Model` whose logits come from an `Estimator`. Safe to call from several threads."""

    def __init__(self, estimator: Estimator, card: Card) -> None:
        super().__init__(card)
        self.estimator = estimator

    def logits(self, batch: Floats) -> Floats:
        return self.estimator.logits(batch)

    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        raise gradient_refused(self.card)

    def warm(self, *, answers: bool = True) -> None:
        self.logits(np.zeros((1, *self.input_shape), np.float32))


def open_file(path: Path, card: Card) -> EstimatorModel:
    """The model of `card` from the file of its arrays.

    Raises:
        ModelUnavailable: the file is missing or damaged.
    """
    return EstimatorModel(of_card(card, store.read(path)), card)


def of_card(card: Card, arrays: Arrays) -> Estimator:
    """The estimator that `card` describes, from its arrays.

    Raises:
        ModelUnavailable: the arrays belong to another one.
    """
    try:
        return restore(card.architecture, arrays, input_shape=card.input_shape, **card.options)
    except (KeyError, ValueError, IndexError, EpsilonError) as error:
        raise ModelUnavailable(
            sentence("The weights of the model “%(name)s” are damaged: they are not those its card names."),
            name=card.name,
        ) from error
