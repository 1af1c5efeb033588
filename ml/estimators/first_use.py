"""Models that are fitted when they are first used: they hold training pictures, which are not given away.

The fit is kept in EPSILON_CACHE_DIR, so that only the first of all starts waits for it.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml import files
from ml.card import Card
from ml.datasets import mnist
from ml.datasets.locate import folders, locate
from ml.errors import DataMissing, ModelUnavailable, sentence
from ml.estimators import Estimator, fit, store
from ml.estimators.model import EstimatorModel, of_card

logger = logging.getLogger(__name__)


def fingerprint(architecture: str, options: Mapping[str, Any], data: Mapping[str, Any], seed: int) -> str:
    """What stands for the hash of the weights: SHA-256 of all that decides what is learned."""
    text = json.dumps([architecture, dict(options), dict(data), seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_kept(card: Card) -> bool:
    """Whether the fit of an earlier use is in the cache."""
    return _kept(card).is_file()


def has_data() -> bool:
    """Whether there are training data; that they are the right ones only `data_check` says."""
    return any((folder / mnist.FILE).is_file() for folder in folders())


def data_check(card: Card) -> Path:
    """The file of training data that `card` names.

    Raises:
        DataMissing: it is nowhere (it is not downloaded for this), or is another file.
    """
    path = locate(mnist.FILE)
    if hashlib.sha256(path.read_bytes()).hexdigest() != card.data["sha256"]:
        raise DataMissing(
            sentence("The file %(path)s is not the one that the model “%(name)s” learned from."),
            path=path.name,
            name=card.name,
        )
    return path


def open_card(card: Card) -> EstimatorModel:
    """The model of `card`, from the cache or fitted now, which may take minutes.

    Raises:
        DataMissing: the training data are needed and are not there.
    """
    if is_kept(card):
        try:
            return EstimatorModel(of_card(card, store.read(_kept(card))), card)
        except ModelUnavailable:
            logger.warning("%s is damaged; fitting again", _kept(card))
    learning, _ = mnist.held_out(mnist.load("train", data_check(card)), card.data["validation"], card.seed)
    logger.info("fitting %s on %s pictures, once", card.name, len(learning.labels))
    return keep(
        fit(card.architecture, learning.images, learning.labels, seed=card.seed, **card.options), card
    )


def keep(estimator: Estimator, card: Card) -> EstimatorModel:
    """The model of `card`, its fit now in the cache."""
    store.write(estimator.arrays(), _kept(card))
    return EstimatorModel(estimator, card)


def _kept(card: Card) -> Path:
    # Not by the model's name: a copy under another one learned the same.
    return files.cache_folder() / "estimators" / f"{card.architecture}-{card.short_hash}.h5"
