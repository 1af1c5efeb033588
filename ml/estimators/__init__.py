"""Classifiers without a network: k nearest neighbours, logistic regression, support vectors, a random forest.

scikit-learn fits them on flattened pixels; what they learned is plain arrays (`Estimator.arrays`), so nothing
is pickled.

    model = estimators.fit("svm", images, labels, deskewed=True, seed=1, c=10.0)
    model.logits(batch)                     # float32 (N, H, W, C) in [0, 1] -> (N, classes)
"""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import OptionRefused, sentence
from ml.estimators.base import Arrays, Estimator, deskew

# Imported only when used, as each brings a part of scikit-learn.
_CLASSES = {
    "k-nn": ("ml.estimators.neighbours", "Neighbours"),
    "logistic-regression": ("ml.estimators.logistic", "Logistic"),
    "svm": ("ml.estimators.support_vectors", "SupportVectors"),
    "random-forest": ("ml.estimators.forest", "Forest"),
}
KINDS = tuple(_CLASSES)

__all__ = ["KINDS", "Arrays", "Estimator", "fit", "restore"]


def fit(
    kind: str,
    images: npt.NDArray[np.uint8],
    labels: npt.ArrayLike,
    *,
    deskewed: bool = False,
    seed: int = 1,
    **options: Any,
) -> Estimator:
    """Fit a kind of KINDS on `images` (N, H, W, C) uint8 and `labels` (N,), each class 0, 1, 2, ... in them.

    Args:
        deskewed: every picture, also each that is answered later, has its slant taken out first.
        options: those of the kind's `Options`.

    Raises:
        OptionRefused: no such kind, or an option that it does not have.
    """
    chosen = _class(kind)
    read = _options(chosen, options)
    learned = deskew(images) if deskewed else images
    pixels = np.ascontiguousarray(learned.reshape(len(learned), -1))
    arrays = chosen.learn(pixels, np.asarray(labels, np.int64), read, seed)
    return chosen(arrays, input_shape=images.shape[1:], deskewed=deskewed, options=read)


def restore(
    kind: str,
    arrays: Arrays,
    *,
    input_shape: tuple[int, int, int],
    deskewed: bool = False,
    **options: Any,
) -> Estimator:
    """The estimator whose `arrays()` these are.

    Raises:
        OptionRefused: no such kind, or an option that it does not have.
        KeyError, ValueError, IndexError: the arrays are not those of this kind.
    """
    chosen = _class(kind)
    return chosen(arrays, input_shape=input_shape, deskewed=deskewed, options=_options(chosen, options))


def _class(kind: str) -> type[Estimator]:
    if kind not in _CLASSES:
        raise OptionRefused(
            sentence("There is no estimator %(name)s; there are: %(names)s."),
            name=kind,
            names=", ".join(KINDS),
        )
    module, name = _CLASSES[kind]
    found: type[Estimator] = getattr(importlib.import_module(module), name)
    return found


def _options(chosen: type[Estimator], options: Mapping[str, Any]) -> Any:
    try:
        return chosen.form(**options)
    except TypeError as error:
        raise OptionRefused(
            sentence("The estimator %(name)s cannot be fitted so: %(reason)s."),
            name=chosen.kind,
            reason=error,
        ) from error
