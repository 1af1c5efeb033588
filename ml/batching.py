"""How a request becomes a batch: one thread per model takes what has gathered and runs it in one pass.

An idle model starts at once; nobody waits for company. While a pass runs, further requests gather and
go together in the next one. The queue is bounded: beyond it the answer is `Busy`, not a longer wait.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ml.errors import BUSY, Busy
from ml.images import to_float

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Row = TypeVar("Row")


class Batcher(Generic[Row]):
    """Answers to single images from many threads, computed together."""

    def __init__(
        self,
        compute: Callable[[Floats], Iterable[Row]],
        *,
        name: str,
        max_batch: int = 16,
        max_waiting: int = 64,
    ) -> None:
        """`compute` gives a row for each image of a batch (N, H, W, C) in [0, 1]; `name` is the thread's."""
        self._compute = compute
        self._max_batch = max_batch
        self._waiting: queue.Queue[tuple[Pixels, Future[Row]]] = queue.Queue(max_waiting)
        threading.Thread(target=self._serve, name=f"batcher-{name}", daemon=True).start()

    def answer(self, image: Pixels, *, timeout: float = 60) -> Row:
        """The row of one uint8 image (H, W, C).

        Raises:
            Busy: the queue is full, or the answer took longer than `timeout` seconds.
        """
        answer: Future[Row] = Future()
        try:
            self._waiting.put_nowait((image, answer))
            return answer.result(timeout)
        except (queue.Full, TimeoutError):
            raise Busy(BUSY) from None

    def _serve(self) -> None:
        while True:
            self._answer(self._gather())

    def _gather(self) -> list[tuple[Pixels, Future[Row]]]:
        """The next request, and whatever else is waiting already."""
        requests = [self._waiting.get()]
        while len(requests) < self._max_batch:
            try:
                requests.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return requests

    def _answer(self, requests: list[tuple[Pixels, Future[Row]]]) -> None:
        try:
            rows = self._compute(to_float(np.stack([image for image, _ in requests])))
        except Exception as error:  # whoever asked must hear of it, and the thread must live on
            for _, answer in requests:
                answer.set_exception(error)
        else:
            for (_, answer), row in zip(requests, rows, strict=True):
                answer.set_result(row)
