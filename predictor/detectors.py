"""The detectors beside the models: loaded once per process, shared by all requests as the models are.

A detector that is damaged, or was made for other weights, is told of in the log; its model then answers as
one without a detector.
"""

import logging
import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml import card, zoo
from ml.defences import detection
from ml.defences.detection import CARD, Detector, Suspicion
from ml.errors import Busy, EpsilonError
from ml.images import Floats, Input

if TYPE_CHECKING:
    from ml.batching import Batcher

logger = logging.getLogger(__name__)


class Watch(NamedTuple):
    """A detector that can be asked, and the batcher of its `answers`: logits and score at once."""

    detector: Detector
    batcher: "Batcher[Floats]"


# The model, its weights, and the detector's card as it lies there: one that is trained anew has another.
_Key = tuple[str, str, card.State]
_watches: dict[_Key, Watch | None] = {}
# One for each model: building one detector keeps nobody from the others.
_opening: dict[_Key, threading.Lock] = {}
_lock = threading.Lock()


def watch(name: str) -> Watch | None:
    """The detector of model `name`, ready to be asked; None where there is none that can be used."""
    state = card.state(zoo.folder(name) / CARD)
    if state is None:
        return None
    key = name, zoo.card(name).weights_sha256, state
    with _lock:
        opening = _opening.setdefault(key, threading.Lock())
    with opening:
        if key not in _watches:
            _watches[key] = _opened(name)
        return _watches[key]


def answered(name: str, seen: Input) -> tuple[Floats, Suspicion] | None:
    """The logits (classes,) of model `name`, and how much its input looks tampered with.

    None without a detector, when it fails, or when it has too many to look at: the model alone is quicker.
    """
    watching = watch(name)
    if watching is None:
        return None
    try:
        row = watching.batcher.answer(seen.image)
    except Busy:
        return None
    except Exception:
        logger.exception("the detector of %s failed", name)
        return None
    return row[:-1], watching.detector.suspicion(row[-1])


def _opened(name: str) -> Watch | None:
    """The detector, built, so that nobody waits for that and damage shows now."""
    from ml.batching import Batcher

    try:
        model = zoo.load(name)
        detector = detection.load(model)
        if detector is None:
            return None
        detector.answers(np.zeros((1, *model.input_shape), np.float32))
    except EpsilonError as error:
        logger.error("%s", error)
    except Exception:
        logger.exception("the detector of %s cannot be used", name)
    else:
        return Watch(detector, Batcher(detector.answers, name=f"{name}-detector"))
    return None
