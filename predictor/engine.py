"""The web's only door to the models: loaded once per process, warmed in a thread, shared by all requests."""

import logging
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from ml import epsilon, zoo
from ml.card import Card
from ml.defences import detection
from ml.errors import (
    BUSY,
    Busy,
    EpsilonError,
    ModelUnavailable,
    NotANetwork,
    OptionRefused,
    sentence,
)
from ml.estimators import first_use
from ml.images import Floats, Input, resize, resize_matrix, to_float
from ml.model import gradient_refused
from ml.verdict import Verdict, verdict
from predictor import detectors

if TYPE_CHECKING:
    from ml.batching import Batcher
    from ml.model import Model, Sweep

Pixels = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]
logger = logging.getLogger(__name__)

# A sweep is tens of forward passes: two at a time keep the cores full, some may wait, more are sent away.
_sweeps = threading.BoundedSemaphore(2)
_sweep_queue = threading.BoundedSemaphore(12)
_batchers: dict[str, "Batcher[Floats]"] = {}
_lock = threading.Lock()
_states: dict[str, str] = {}
_preparing: dict[str, threading.Thread] = {}
_PATIENCE_SECONDS = 5
# States of a model that is fitted at first use: nobody has asked yet, somebody has, it cannot be.
ON_DEMAND, PREPARING, WITHOUT_DATA = "on demand", "preparing", "without data"


def names() -> list[str]:
    return zoo.names()


def card(name: str) -> Card:
    return zoo.card(name)


def cards() -> list[Card]:
    """The cards that can be read, in the order of `names`; the page of models tells of a damaged one."""
    return zoo.readable()


def predict(name: str, seen: Input) -> Verdict:
    """The answer of model `name`; a picture without ink is always unsure.

    Raises:
        Busy: too many ask, or the model is being prepared from its training data.
        DataMissing: it is fitted at first use, and its training data are not there.
    """
    _prepare(name)
    model = zoo.load(name)
    return verdict(_batcher(model).answer(seen.image), model.card, found=seen.found)


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


def answers_at_once(name: str) -> bool:
    """False for a model that must first be fitted to its training data, or read what was fitted."""
    return not zoo.card(name).fitted_at_first_use or zoo.is_loaded(name)


def _prepare(name: str) -> None:
    """Have a model that is fitted at first use fitted in a thread, once; wait for it only a little."""
    if answers_at_once(name):
        return
    description = zoo.card(name)
    with _lock:
        thread = _preparing.get(name)
        if thread is None or not thread.is_alive():
            if not first_use.is_kept(description):
                first_use.data_check(description)
            _states[name] = PREPARING
            thread = threading.Thread(target=_warm_one, args=(name,), name=f"prepare-{name}", daemon=True)
            _preparing[name] = thread
            thread.start()
    thread.join(_PATIENCE_SECONDS)
    if thread.is_alive():
        raise Busy(
            sentence("“%(name)s” is being prepared from its training data, which takes some minutes."),
            name=name,
        )
    if not zoo.is_loaded(name):
        raise ModelUnavailable(
            sentence("“%(name)s” could not be prepared; the log of the server has the reason."), name=name
        )


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


def warm_in_background() -> None:
    """Load and compile every model in a thread; called once per web process, after its fork."""
    for name in names():
        if not _is_on_demand(name):
            _states[name] = "warming"
    threading.Thread(target=_warm, name="warm-up", daemon=True).start()


def _warm() -> None:
    todo = list(_states)
    with _graphs_made_apart(todo) as process:
        for name in todo:
            # Until the graph is kept, or never will be.
            while process and process.poll() is None and _lacks_graph(name):
                time.sleep(0.05)
            _warm_one(name)


@contextmanager
def _graphs_made_apart(names: list[str]) -> "Iterator[subprocess.Popen[bytes] | None]":
    """The process that makes the graphs of models, one after another; None where all were made before.

    What that takes, TensorFlow above all, stays out of the memory of the web process.
    """
    missing = [name for name in names if _lacks_graph(name)]
    if not missing:
        yield None
        return
    command = [sys.executable, "-m", "ml.graphs", *missing]
    with subprocess.Popen(command, cwd=settings.BASE_DIR) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()


def _lacks_graph(name: str) -> bool:
    try:
        return zoo.lacks_graph(name) or detection.lacks_graph(name)
    except EpsilonError:
        return False


def _warm_one(name: str) -> None:
    try:
        zoo.load(name).warm()
        detectors.watch(name)
        _states[name] = "warm"
    except EpsilonError as error:
        _states[name] = f"failed: {error}"
        logger.error("%s", error)
    except Exception:
        _states[name] = "failed: the log has the reason"
        logger.exception("warming %s failed", name)


def state() -> dict[str, Any]:
    """Whether every model has been warmed (or has failed, and is named so).

    A model that is fitted at first use keeps nobody waiting.
    """
    models = {name: _states.get(name) or _first_state(name) for name in names()}
    settled = ("warm", ON_DEMAND, PREPARING, WITHOUT_DATA)
    return {"ready": all(s in settled or s.startswith("failed") for s in models.values()), "models": models}


def _is_on_demand(name: str) -> bool:
    try:
        return zoo.card(name).fitted_at_first_use
    except EpsilonError:
        return False


def _first_state(name: str) -> str:
    """The state of a model that has not been warmed: cold, or what its first use would meet."""
    if not _is_on_demand(name):
        return "cold"
    description = zoo.card(name)
    return ON_DEMAND if first_use.is_kept(description) or first_use.has_data() else WITHOUT_DATA


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
