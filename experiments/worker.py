"""The worker: takes runs one after the other, and gives a sign of life while it lives."""

import logging
import math
import os
import socket
import threading
import time
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections, connection

from experiments import kinds
from experiments.errors import Cancelled, HandedBack
from experiments.kinds.context import Context
from experiments.models import Run, Worker
from experiments.services import queue
from ml.errors import EpsilonError, sentence
from predictor import storage

POLL_SECONDS = 1.0
TIDY_SECONDS = 600.0
FAILED = sentence("This did not work on our side; the log of the worker has the reason.")
logger = logging.getLogger(__name__)


class Pulse(threading.Thread):
    """Tells that this process lives, apart from its work: one step of an attack may take minutes.

    `lost` is set when the run that is worked on belongs to nobody or somebody else by now.
    """

    def __init__(self, worker: Worker) -> None:
        super().__init__(name="pulse", daemon=True)
        self.lost = threading.Event()
        self._worker = worker
        self._holder = ""
        self._ended = threading.Event()

    def hold(self, holder: str) -> None:
        """Beat for the run with this token from now on; for none when it is empty."""
        self._holder = holder
        self.lost.clear()

    def end(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._ended.wait(settings.RUN_STALE_SECONDS / 6):
                self._beat(self._holder)
        finally:
            connection.close()

    def _beat(self, holder: str) -> None:
        try:
            held = queue.beat(worker=self._worker, holder=holder)
        except Error:
            # A database that is away for a moment: the next beat tries again.
            logger.warning("a sign of life could not be written", exc_info=True)
            connection.close()
            return
        if not held and holder == self._holder:
            self.lost.set()


class Loop:
    """One worker process: `run` returns when `stopping` is set, or when it was to empty the queue and has."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def run(self, *, once: bool = False, until_empty: bool = False) -> int:
        """Work; how many runs were taken. `once` takes one at most, `until_empty` ends with the last."""
        worker = Worker.objects.create(host=socket.gethostname(), process=os.getpid())
        pulse = Pulse(worker)
        pulse.start()
        logger.info("worker %s waits for runs", worker)
        try:
            return self._work(pulse, once=once, until_empty=until_empty or once)
        finally:
            pulse.end()
            worker.delete()

    def _work(self, pulse: Pulse, *, once: bool, until_empty: bool) -> int:
        taken, tidied = 0, -math.inf
        while not self._stopping.is_set():
            close_old_connections()
            if time.monotonic() - tidied >= TIDY_SECONDS:
                queue.tidy()
                tidied = time.monotonic()
            queue.recover()
            run = queue.claim()
            if run is not None:
                taken += 1
                self._do(run, pulse)
            if (once and taken) or (until_empty and run is None):
                break
            if run is None:
                self._stopping.wait(POLL_SECONDS)
        return taken

    def _do(self, run: Run, pulse: Pulse) -> None:
        """One attempt at one run, whatever becomes of it."""
        logger.info("run %s (%s), attempt %s", run.pk, run.kind, run.attempt)
        pulse.hold(run.holder)
        context = Context(run, stopping=self._stopping, lost=pulse.lost)
        try:
            result: dict[str, Any] = kinds.named(run.kind).work(context)
            stored = queue.finish(run=run, result=result)
            logger.info("run %s is %s", run.pk, "done" if stored else "no longer ours")
        except HandedBack:
            queue.hand_back(run=run)
            logger.info("run %s goes back to the queue", run.pk)
        except Cancelled:
            logger.info("run %s was cancelled", run.pk)
        except EpsilonError as error:
            queue.fail(run=run, error=error)
            logger.info("run %s failed: %s", run.pk, error)
        except Exception as error:
            queue.fail(run=run, error=storage.no_room(error) or EpsilonError(FAILED))
            logger.exception("run %s failed", run.pk)
        finally:
            pulse.hold("")
