"""Making models ready: warmed in a thread when a web process starts, or fitted when somebody first asks."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from ml import zoo
from ml.defences import detection
from ml.errors import Busy, EpsilonError, ModelUnavailable, sentence
from ml.estimators import first_use
from predictor import detectors

logger = logging.getLogger(__name__)

_states: dict[str, str] = {}
_preparing: dict[str, threading.Thread] = {}
_lock = threading.Lock()
_PATIENCE_SECONDS = 5
# States of a model that is fitted at first use: nobody has asked yet, somebody has, it cannot be.
ON_DEMAND, PREPARING, WITHOUT_DATA = "on demand", "preparing", "without data"


def warm_in_background() -> None:
    """Load and compile every model in a thread; called once per web process, after its fork."""
    for name in zoo.names():
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
        # With a detector it is the detector's graph that answers.
        zoo.load(name).warm(answers=detectors.watch(name) is None)
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
    models = {name: _states.get(name) or _first_state(name) for name in zoo.names()}
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


def answers_at_once(name: str) -> bool:
    """False for a model that must first be fitted to its training data, or read what was fitted."""
    return not zoo.card(name).fitted_at_first_use or zoo.is_loaded(name)


def prepare(name: str) -> None:
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
