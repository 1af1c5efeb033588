"""What every corruption is: a name, a function, and its published parameters; and how it draws at random."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.images import to_pixels

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
# The sides of the pictures for which the parameters were published, by number of channels.
PUBLISHED_SIDES = {1: 28, 3: 224}
# Float32 may end just below a whole grey value, in units of one of 255.
_SLACK = 1e-3


class Draws:
    """Random numbers with one generator for each image, seeded by the image itself.

    So an image is corrupted in the same way whatever else is in its batch, and the whole batch can still be
    worked on at once. Every method gives (N, *shape).
    """

    def __init__(self, batch: Floats, *key: int) -> None:
        """For a batch (N, H, W, C) in [0, 1], of which 8 bits count; each `key` has numbers of its own."""
        self._each = [np.random.default_rng((*key, _digest(image))) for image in to_pixels(batch)]

    def normal(self, *shape: int) -> Floats:
        """Standard normal."""
        return np.stack([one.standard_normal(shape, np.float32) for one in self._each])

    def uniform(self, low: float, high: float, *shape: int) -> Floats:
        """Between `low` and `high`."""
        share = np.stack([one.random(shape, np.float32) for one in self._each])
        return low + np.float32(high - low) * share

    def integers(self, low: int, high: int, *shape: int) -> Integers:
        """From `low` to `high` - 1."""
        return np.stack([one.integers(low, high, shape) for one in self._each])

    def signs(self, *shape: int) -> Integers:
        """-1 or 1."""
        return 2 * self.integers(0, 2, *shape) - 1

    def poisson(self, rates: Floats) -> Floats:
        """Counts (N, ...) of mean `rates` (N, ...)."""
        counts = [one.poisson(rate) for one, rate in zip(self._each, rates, strict=True)]
        return np.stack(counts).astype(np.float32)


def _digest(image: npt.NDArray[np.uint8]) -> int:
    return int.from_bytes(hashlib.blake2b(image.tobytes(), digest_size=8).digest())


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """One corruption of a suite.

    `run(batch, draws, *parameters)` takes (N, H, W, C) float32 in [0, 1] and gives the same shape, not yet
    rounded or clipped; `levels` are its parameters, one tuple for each severity from 1, or a single one where
    the suite has no severities.
    """

    name: str
    title: str
    run: Callable[..., Floats]
    levels: tuple[tuple[float, ...], ...]

    @property
    def severities(self) -> tuple[int | None, ...]:
        """All that `corruptions.corrupt` takes: 1 to 5, or only None."""
        return (None,) if len(self.levels) == 1 else tuple(range(1, len(self.levels) + 1))


def scale(batch: Floats) -> float:
    """What a length in pixels is multiplied by: the side of these pictures by the side published for."""
    return batch.shape[1] / PUBLISHED_SIDES[batch.shape[3]]


def truncated(batch: Floats) -> Floats:
    """Clipped to [0, 1] and rounded down to 255ths, as the generators' cast to uint8 does."""
    return np.asarray(np.floor(np.clip(batch, 0, 1) * 255 + np.float32(_SLACK)) / np.float32(255), np.float32)


def rounded(batch: Floats) -> Floats:
    """Clipped to [0, 1] and rounded to the nearest 255th."""
    return np.asarray(np.rint(np.clip(batch, 0, 1) * 255) / np.float32(255), np.float32)
