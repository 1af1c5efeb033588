"""The web's only door to the models: loaded once per process, shared by all requests."""

import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from ml import epsilon, zoo
from ml.card import Card
from ml.defences.detection import Suspicion
from ml.errors import (
    BUSY,
    Busy,
    NotANetwork,
    OptionRefused,
    sentence,
)
from ml.images import Floats, Input, resize, resize_matrix, to_float
from ml.model import gradient_refused
from ml.verdict import Verdict, verdict
from predictor import detectors, warming

if TYPE_CHECKING:
    from ml.batching import Batcher
    from ml.model import Model, Sweep

Pixels = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]

# A sweep is tens of forward passes: two at a time keep the cores full, some may wait, more are sent away.
_sweeps = threading.BoundedSemaphore(2)
_sweep_queue = threading.BoundedSemaphore(12)
_batchers: dict[str, "Batcher[Floats]"] = {}
_lock = threading.Lock()


class Answered(NamedTuple):
    """What a model says of one input, and what its detector does: None without one that can be used."""

    verdict: Verdict
    suspicion: Suspicion | None


def names() -> list[str]:
    return zoo.names()


def card(name: str) -> Card:
    return zoo.card(name)


def cards() -> list[Card]:
    """The cards that can be read, in the order of `names`; the page of models tells of a damaged one."""
    return zoo.readable()


def predict(name: str, seen: Input) -> Verdict:
    """The answer of model `name` alone; a picture without ink is always unsure.

    Raises:
        Busy: too many ask, or the model is being prepared from its training data.
        DataMissing: it is fitted at first use, and its training data are not there.
    """
    return _alone(_ready(name), seen)


def answer(name: str, seen: Input) -> Answered:
    """The answer of model `name` and what its detector says, from one pass through the network.

    Raises:
        Busy, DataMissing: as of `predict`.
    """
    model = _ready(name)
    told = detectors.answered(name, seen)
    if told is None:
        return Answered(_alone(model, seen), None)
    logits, suspicion = told
    return Answered(verdict(logits, model.card, found=seen.found), suspicion)


def _alone(model: "Model", seen: Input) -> Verdict:
    """What the model says without its detector."""
    return verdict(_batcher(model).answer(seen.image), model.card, found=seen.found)


def _ready(name: str) -> "Model":
    warming.prepare(name)
    return zoo.load(name)


def sweep(name: str, image: Pixels, *, target: int | None = None, max_steps: int) -> "Sweep":
    """FGSM along the ε axis 0..max_steps/255 for one uint8 model input."""
    _gradient_check(zoo.card(name))
    with _heavy_work():
        return zoo.load(name).sweep(to_float(image), [n / 255 for n in range(max_steps + 1)], target=target)


def sign_for_stored(name: str, image: Pixels, *, target: int | None = None) -> Signs:
    """The sign map at the stored photo's own resolution, int8 (h, w, 3).

    The model's input is R_h · x · R_wᵀ of the stored photo x, rounded; with the rounding passed straight
    through, its gradient is R_hᵀ · g · R_w. A surrogate: the verdict comes from the written file.

    Raises:
        OptionRefused: the model reads digits, whose way from photo to input is not a resize.
    """
    description = zoo.card(name)
    if description.domain != "photos":
        raise OptionRefused(sentence("Only photos can be perturbed at their own resolution."))
    _gradient_check(description)
    height, width, channels = description.input_shape
    with _heavy_work():
        _, gradient = zoo.load(name).attack_gradient(resize(image, (height, width)), target=target)
    rows, columns = resize_matrix(image.shape[0], height), resize_matrix(image.shape[1], width)
    planes = [rows.T @ gradient[..., channel] @ columns for channel in range(channels)]
    return np.sign(np.stack(planes, axis=-1)).astype(np.int8)


def proven_steps(name: str, image: Pixels, label: int) -> int | None:
    """The largest n for which it is proven that no change of uint8 `image` within n/255 alters the answer.

    0 where nothing is proven; None where bounds cannot be computed for the model.
    """
    from ml.defences.certified import certified_radius

    with _heavy_work():
        try:
            radius = certified_radius(zoo.load(name), to_float(image)[None], [label])
        except (OptionRefused, NotANetwork):
            return None
    return round(float(radius[0]) * epsilon.LEVELS)


def _gradient_check(description: Card) -> None:
    """Refuse before the model is loaded, which for one that is fitted at first use may take minutes."""
    if not description.gradient:
        raise gradient_refused(description)


@contextmanager
def _heavy_work() -> Iterator[None]:
    if not _sweep_queue.acquire(blocking=False):
        raise Busy(BUSY)
    try:
        with _sweeps:
            yield
    finally:
        _sweep_queue.release()


def _batcher(model: "Model") -> "Batcher[Floats]":
    from ml.batching import Batcher

    key = f"{model.card.name}:{model.card.weights_sha256}"
    with _lock:
        if key not in _batchers:
            _batchers[key] = Batcher(model.logits, name=model.card.name)
        return _batchers[key]


@cache
def versions() -> dict[str, str]:
    """What must be the same to compute a stored answer again."""
    from ml.version import TENSORFLOW, VERSION, installed

    packages = ("keras", "numpy", "pillow")
    return {
        "epsilon": VERSION,
        "python": platform.python_version(),
        "tensorflow": installed(*TENSORFLOW) or "unknown",
        **{name: version(name) for name in packages},
    }
