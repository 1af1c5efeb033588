"""How many images a second a network is trained on."""

import time
from typing import Any

import keras


def rate(network: keras.Model, size: int, /, *data: Any, **options: Any) -> float:
    """Images a second of one epoch of `fit` with these arguments, in batches of `size`.

    Timed from the end of the first batch, in which the network is still traced.
    """
    clock = _Clock()
    network.fit(*data, epochs=1, verbose=0, callbacks=[clock], **options)
    return size * (len(clock.ends) - 1) / (clock.ends[-1] - clock.ends[0])


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """When each batch ended, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.ends.append(time.perf_counter())
