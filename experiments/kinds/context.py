"""What a handler is given: its parameters, a folder of its own, and the way to say how far it is."""

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

from experiments.errors import Cancelled, HandedBack
from experiments.models import Run
from experiments.services import queue
from ml import files

WRITE_SECONDS = 1.0


class Context:
    """One attempt at one run. Made by the worker, used by one thread."""

    def __init__(self, run: Run, *, stopping: threading.Event, lost: threading.Event) -> None:
        self.run = run
        self._stopping, self._lost = stopping, lost
        self._written = -WRITE_SECONDS

    @property
    def parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = self.run.parameters
        return parameters

    @property
    def hashes(self) -> dict[str, str]:
        hashes: dict[str, str] = self.run.hashes
        return hashes

    @property
    def seed(self) -> int:
        return self.run.seed

    @property
    def folder(self) -> Path:
        """For checkpoints and artefacts; it stays from attempt to attempt, and is deleted with the run."""
        self.run.folder.mkdir(parents=True, exist_ok=True)
        return self.run.folder

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is; written at most once a second, so it may be called as often as one likes.

        `total` is 0 when nobody knows it; `message` is marked by `sentence`, and figures follow it. To be
        called where the work can be interrupted: after what was done is in a checkpoint.

        Raises:
            Cancelled: the run is to end.
            HandedBack: the worker is to end.
        """
        if self._stopping.is_set():
            raise HandedBack
        if self._lost.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._written < WRITE_SECONDS:
            return
        self._written = now
        if not queue.progress_write(run=self.run, done=done, total=total, message=message):
            raise Cancelled

    def artefact(self, name: str, data: bytes) -> None:
        """Keep a file of the result: written whole, then recorded, replacing one of the same name.

        Raises:
            Cancelled: the run is to end.
        """
        with files.replacing(self.folder / name) as temporary:
            temporary.write_bytes(data)
        record = {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        others = [each for each in self.run.artefacts if each["name"] != name]
        self.run.artefacts = [*others, record]
        if not queue.artefacts_write(run=self.run):
            raise Cancelled
