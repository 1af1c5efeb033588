"""Whole arrays as batches whose order a resumed training finds again."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt


class Shuffled(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """All images and labels in every epoch, in batches of `size` and a smaller last one.

    The order depends on the seed and the epoch alone: that of Keras, which begins anew with every call of
    `fit`, would be the first epoch's after a resumption.
    """

    def __init__(self, images: npt.NDArray[Any], labels: npt.NDArray[Any], size: int, seed: int) -> None:
        super().__init__()
        self.images, self.labels, self.size, self.seed, self.epoch = images, labels, size, seed, 0

    def __len__(self) -> int:
        return -(-len(self.labels) // self.size)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.labels))
        chosen = order[index * self.size : (index + 1) * self.size]
        return self.images[chosen], self.labels[chosen]

    def on_epoch_end(self) -> None:
        self.epoch += 1
