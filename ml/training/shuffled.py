"""Batches whose order a resumed training finds again."""

from functools import lru_cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


class Ordered(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Batches of `size` out of `count` images, in an order that depends on the seed and the epoch alone.

    That of Keras, which begins anew with every call of `fit`, would be the first epoch's after a resumption.
    """

    def __init__(self, count: int, size: int, seed: int) -> None:
        super().__init__()
        self.count, self.size, self.seed, self.epoch = count, size, seed, 0

    def rows(self, index: int) -> Rows:
        """Which images are in the batch `index` of this epoch."""
        order = _order(self.seed, self.epoch, self.count)
        return order[index * self.size : (index + 1) * self.size]

    def on_epoch_end(self) -> None:
        self.epoch += 1


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> Rows:
    """Every batch of an epoch asks for it."""
    return np.random.default_rng((seed, epoch)).permutation(count)


class Shuffled(Ordered):
    """All images and labels in every epoch, in batches of `size` and a smaller last one."""

    def __init__(self, images: npt.NDArray[Any], labels: npt.NDArray[Any], size: int, seed: int) -> None:
        super().__init__(len(labels), size, seed)
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return -(-self.count // self.size)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        chosen = self.rows(index)
        return self.images[chosen], self.labels[chosen]
