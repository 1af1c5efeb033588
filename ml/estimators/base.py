"""What all estimators share: the way from pictures to rows of pixels, in parts, and back to logits."""

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.images import to_float, to_pixels
from ml.verdict import softmax

Arrays = dict[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]

# Rows answered at once: with 55,000 neighbours their distances take 110 MB.
_CHUNK = 500
# Shares of no neighbour and of no tree become this, as they have no logarithm.
LEAST = 1e-6


class Estimator(ABC):
    """A fitted classifier of flattened pictures. It has no gradient. Safe to call from several threads."""

    kind: ClassVar[str]
    form: ClassVar[type[Any]]  # the dataclass of its options

    def __init__(self, arrays: Arrays, *, input_shape: tuple[int, ...], deskewed: bool, options: Any) -> None:
        """`arrays` are those that `learn` gave; `options` is a `form`."""
        height, width, channels = input_shape
        self.input_shape = (height, width, channels)
        self.deskewed = deskewed
        self._arrays = arrays
        self._options = options

    @classmethod
    @abstractmethod
    def learn(cls, pixels: Pixels, labels: Labels, options: Any, seed: int) -> Arrays:
        """Fit on `pixels` (N, H·W·C) uint8 and `labels` (N,): all that was learned, as arrays."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """How many classes it tells apart."""

    @abstractmethod
    def _answer(self, values: Floats) -> Floats:
        """Logits (N, classes) of `values` (N, H·W·C) in [0, 1]."""

    @property
    def options(self) -> dict[str, Any]:
        """The options it was fitted with."""
        return asdict(self._options)

    def arrays(self) -> Arrays:
        """All that it learned, for `ml.estimators.restore`."""
        return dict(self._arrays)

    def logits(self, batch: Floats) -> Floats:
        """Logits (N, classes) of a batch (N, H, W, C) float32 in [0, 1].

        Neighbours and forests give the logarithms of their shares (at least LEAST), of which softmax is the
        shares again.
        """
        if batch.ndim != 4 or batch.shape[1:] != self.input_shape:
            raise ValueError(f"{self.kind} takes (N, {self.input_shape}), not {batch.shape}")
        chunks = (batch[start : start + _CHUNK] for start in range(0, len(batch), _CHUNK))
        parts = [self._answer(self.values(chunk)).astype(np.float32) for chunk in chunks]
        return np.concatenate(parts) if parts else np.zeros((0, self.classes), np.float32)

    def probabilities(self, batch: Floats) -> Floats:
        """Softmax of `logits`, (N, classes)."""
        return softmax(self.logits(batch))

    def values(self, batch: Floats) -> Floats:
        """What is asked of the fit: `batch` without its slant where that belongs to the model, (N, H·W·C)."""
        if self.deskewed:
            batch = to_float(deskew(as_pixels(batch)))
        return np.ascontiguousarray(batch.reshape(len(batch), -1), np.float32)


def as_pixels(values: Floats) -> Pixels:
    """[0, 1], and what lies outside brought back to it, to uint8."""
    return to_pixels(np.clip(values, 0, 1))


def log_shares(shares: npt.NDArray[Any]) -> Floats:
    """The logarithms of shares (N, classes), none below LEAST."""
    return np.log(np.maximum(shares, LEAST)).astype(np.float32)


def deskew(images: Pixels) -> Pixels:
    """Digits (N, H, W, 1) uint8 without their slant; OpenCV is only loaded now."""
    from ml.datasets.deskew import deskew as straightened

    return straightened(images)
