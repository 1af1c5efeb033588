"""Keeps one worker alive beside the web server: `python -m experiments.keeper`, a child of gunicorn's master.

A process of its own, because the master forks: a thread that waits there, or TensorFlow, would not survive
that. It imports nothing heavy, starts the worker again when it dies, and ends with the master however that
ends.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
WATCH_SECONDS = 0.5
# A worker that cannot even start is not started again and again without a pause.
PAUSE_SECONDS = 5.0
# For the step of an attack that is under way; after that the run is found by its missing sign of life.
GRACE_SECONDS = 8.0
NICENESS = 10


def start() -> "subprocess.Popen[bytes]":
    """A keeper as a child of this process."""
    return subprocess.Popen([sys.executable, "-m", "experiments.keeper"], cwd=ROOT)


def stop(keeper: "subprocess.Popen[bytes]") -> None:
    """End a keeper and its worker, and wait for it."""
    keeper.terminate()
    try:
        keeper.wait(GRACE_SECONDS + 2)
    except subprocess.TimeoutExpired:
        keeper.kill()


class _Ended(Exception):
    """Somebody asked the keeper to end."""


def keep() -> None:
    """Start the worker, and again when it dies, until SIGTERM or the parent's end."""
    parent = os.getppid()
    signal.signal(signal.SIGTERM, _end)
    # Ctrl-C reaches the whole group; the master then ends its keeper in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    worker = _worker()
    try:
        while os.getppid() == parent:
            if worker.poll() is not None:
                time.sleep(PAUSE_SECONDS)
                worker = _worker()
            time.sleep(WATCH_SECONDS)
    except _Ended:
        pass
    finally:
        _let_end(worker)


def _worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT)


def _let_end(worker: "subprocess.Popen[bytes]") -> None:
    worker.terminate()
    try:
        worker.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise _Ended


if __name__ == "__main__":
    keep()
