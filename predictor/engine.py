"""The web's only door to the models: loaded once per process, warmed in a thread, shared by all requests."""

import logging
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml import zoo
from ml.card import Card
from ml.errors import BUSY, Busy, EpsilonError, OptionRefused, sentence
from ml.images import Input, resize, resize_matrix, to_float
from ml.verdict import Verdict, verdict

if TYPE_CHECKING:
    from ml.batching import Batcher
    from ml.model import Sweep

Pixels = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]
logger = logging.getLogger(__name__)

# A sweep is tens of forward passes: two at a time keep the cores full, some may wait, more are sent away.
_sweeps = threading.BoundedSemaphore(2)
_sweep_queue = threading.BoundedSemaphore(12)
_batchers: dict[str, "Batcher"] = {}
_lock = threading.Lock()
_states: dict[str, str] = {}


def names() -> list[str]:
    return zoo.names()


def card(name: str) -> Card:
    return zoo.card(name)


def predict(name: str, seen: Input) -> Verdict:
    """The answer of model `name`; a picture without ink is always unsure."""
    batcher = _batcher(name)
    return verdict(batcher.logits(seen.image), batcher.card, found=seen.found)


def sweep(name: str, image: Pixels, *, target: int | None = None, max_steps: int) -> "Sweep":
    """FGSM along the ε axis 0..max_steps/255 for one uint8 model input."""
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
    height, width, channels = description.input_shape
    with _heavy_work():
        _, gradient = zoo.load(name).attack_gradient(resize(image, (height, width)), target=target)
    rows, columns = resize_matrix(image.shape[0], height), resize_matrix(image.shape[1], width)
    planes = [rows.T @ gradient[..., channel] @ columns for channel in range(channels)]
    return np.sign(np.stack(planes, axis=-1)).astype(np.int8)


@contextmanager
def _heavy_work() -> Iterator[None]:
    if not _sweep_queue.acquire(blocking=False):
        raise Busy(BUSY)
    try:
        with _sweeps:
            yield
    finally:
        _sweep_queue.release()


def _batcher(name: str) -> "Batcher":
    from ml.batching import Batcher

    model = zoo.load(name)
    key = f"{name}:{model.card.weights_sha256}"
    with _lock:
        if key not in _batchers:
            _batchers[key] = Batcher(model)
        return _batchers[key]


def warm_in_background() -> None:
    """Load and compile every model in a thread; called once per web process, after its fork."""
    for name in names():
        _states[name] = "warming"
    threading.Thread(target=_warm, name="warm-up", daemon=True).start()


def _warm() -> None:
    for name in list(_states):
        try:
            zoo.load(name).warm()
            _states[name] = "warm"
        except EpsilonError as error:
            _states[name] = f"failed: {error}"
            logger.error("%s", error)
        except Exception:
            _states[name] = "failed: the log has the reason"
            logger.exception("warming %s failed", name)


def state() -> dict[str, Any]:
    """Whether every model has been warmed (or has failed, and is named so)."""
    models = {name: _states.get(name, "cold") for name in names()}
    return {"ready": all(s == "warm" or s.startswith("failed") for s in models.values()), "models": models}


@cache
def versions() -> dict[str, str]:
    """What must be the same to compute a stored answer again."""
    from ml.version import VERSION

    packages = ("keras", "numpy", "pillow")
    return {
        "epsilon": VERSION,
        "python": platform.python_version(),
        "tensorflow": _tensorflow_version(),
        **{name: version(name) for name in packages},
    }


def _tensorflow_version() -> str:
    from importlib.metadata import PackageNotFoundError

    for distribution in ("tensorflow-cpu", "tensorflow"):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "unknown"
