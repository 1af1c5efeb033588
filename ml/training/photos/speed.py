"""How many images a second are trained on: batches made anew, beside plain `fit` on the same arrays."""

from typing import Any

import keras
import numpy as np

from ml.training import clock
from ml.training.photos.batches import THREADS, Batches

STEPS = 8
ROUNDS = 3


class Steps(keras.utils.PyDataset):  # type: ignore[misc]
    """The first STEPS of `batches`, in as many threads; there may be more of them than an epoch has."""

    def __init__(self, batches: Batches) -> None:
        super().__init__(workers=THREADS, max_queue_size=STEPS)
        self.batches = batches

    def __len__(self) -> int:
        return STEPS

    def __getitem__(self, index: int) -> Any:
        return self.batches[index]


def speeds(network: keras.Model, batches: Batches) -> dict[str, float]:
    """Images a second of the compiled `network`, medians over rounds in which both ways take turns.

    `plain` is `fit` on arrays in memory, `pipeline` on `batches`, which decode and vary photos in threads;
    `kept` is the second over the first, round by round. The network's weights change.
    """
    images, wanted, weights = (
        np.concatenate(parts) for parts in zip(*(batches[place] for place in range(STEPS)), strict=True)
    )
    size = len(images) // STEPS
    # Traced before it is timed; else the threads would run ahead meanwhile.
    network.fit(images[:size], wanted[:size], sample_weight=weights[:size], batch_size=size, verbose=0)
    rates: dict[str, list[float]] = {"plain": [], "pipeline": []}
    for _ in range(ROUNDS):
        rates["plain"].append(
            clock.rate(network, size, images, wanted, sample_weight=weights, batch_size=size, shuffle=False)
        )
        rates["pipeline"].append(clock.rate(network, size, Steps(batches), shuffle=False))
    kept = np.divide(rates["pipeline"], rates["plain"])
    return {**{way: float(np.median(found)) for way, found in rates.items()}, "kept": float(np.median(kept))}
