"""Batches for training on photos: photos of the classes beside strangers, all varied anew in every epoch."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from ml.images import resize, to_float
from ml.training.photos.augmentation import augment
from ml.training.photos.files import read
from ml.training.photos.strangers import Strangers

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
# Large photos are decoded at about this size: crops of less than half of one stay sharp at 224.
DECODED_SIDE = 512
THREADS = 2


@dataclass(frozen=True, kw_only=True)
class Pool:
    """What an epoch is drawn from: `paths` with `labels`, each with a chance; and strangers."""

    paths: list[Path]
    labels: npt.NDArray[np.int64]
    chances: Floats
    classes: int
    strangers: Strangers

    def photo(self, index: int) -> Pixels:
        """The photo as decoded, uint8 (H, W, 3)."""
        return read(self.paths[index], DECODED_SIDE)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras ships no types
    """Each batch holds `photos` of the classes and `strangers` of none.

    A stranger's target is the same probability for every class: that is what "unsure" means. All chance
    depends on the seed, the epoch and the batch alone, so that a resumed training sees what it would have.
    """

    def __init__(
        self, pool: Pool, *, size: tuple[int, int], photos: int, strangers: int, weight: float, seed: int
    ) -> None:
        super().__init__(workers=THREADS, max_queue_size=8)
        self.pool, self.size, self.seed, self.epoch = pool, size, seed, 0
        self.photos, self.strangers, self.weight = photos, strangers, weight

    def __len__(self) -> int:
        return max(1, len(self.pool.paths) // self.photos)

    def __getitem__(self, index: int) -> tuple[Floats, Floats, Floats]:
        """Images, wanted probabilities, weights."""
        rng = np.random.default_rng((self.seed, self.epoch, index))
        chosen = rng.choice(len(self.pool.paths), self.photos, p=self.pool.chances)
        images = [augment(self.pool.photo(each), rng, self.size) for each in chosen]
        draw = self.pool.strangers.draw
        images += [augment(draw(rng), rng, self.size) for _ in range(self.strangers)]
        wanted = np.full((len(images), self.pool.classes), 1 / self.pool.classes, np.float32)
        wanted[: self.photos] = np.eye(self.pool.classes, dtype=np.float32)[self.pool.labels[chosen]]
        weights = np.ones(len(images), np.float32)
        weights[self.photos :] = self.weight
        return to_float(np.stack(images)), wanted, weights

    def on_epoch_end(self) -> None:
        self.epoch += 1


class Unvaried(keras.utils.PyDataset):  # type: ignore[misc]
    """Every photo as it is, then `strangers` strangers that are always the same: for validation."""

    def __init__(
        self, pool: Pool, *, size: tuple[int, int], batch: int, strangers: int, weight: float, seed: int
    ) -> None:
        super().__init__(workers=THREADS, max_queue_size=8)
        self.pool, self.size, self.batch, self.weight, self.seed = pool, size, batch, weight, seed
        self.total = len(pool.paths) + strangers

    def __len__(self) -> int:
        return -(-self.total // self.batch)

    def __getitem__(self, index: int) -> tuple[Floats, Floats, Floats]:
        """Images, wanted probabilities, weights."""
        places = range(index * self.batch, min(self.total, (index + 1) * self.batch))
        images, wanted, weights = zip(*(self._one(place) for place in places), strict=True)
        return to_float(np.stack(images)), np.stack(wanted), np.array(weights, np.float32)

    def _one(self, place: int) -> tuple[Pixels, Floats, float]:
        if place < len(self.pool.paths):
            wanted = np.eye(self.pool.classes, dtype=np.float32)[self.pool.labels[place]]
            return resize(self.pool.photo(place), self.size), wanted, 1.0
        rng = np.random.default_rng((self.seed, place))
        uniform = np.full(self.pool.classes, 1 / self.pool.classes, np.float32)
        return augment(self.pool.strangers.draw(rng), rng, self.size), uniform, self.weight


def chances(strata: list[str], balance: float) -> Floats:
    """The chance of each photo, so that a stratum of n photos is drawn as often as n ** `balance`.

    1 leaves the photos as they are, 0 draws all strata equally often.
    """
    _, places, counts = np.unique(strata, return_inverse=True, return_counts=True)
    each = counts.astype(np.float64) ** (balance - 1)
    drawn = each[places]
    return np.asarray(drawn / drawn.sum())
