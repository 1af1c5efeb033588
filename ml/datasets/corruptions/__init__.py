"""Corrupted images: what happens to pictures without an adversary. Two suites, `DIGITS` and `PHOTOS`."""

import zlib

import numpy as np
import numpy.typing as npt

from ml.datasets.corruptions.base import Corruption, Draws, Floats, truncated
from ml.datasets.corruptions.digits import DIGITS
from ml.datasets.corruptions.photos import PHOTOS
from ml.errors import OptionRefused, sentence
from ml.images import to_float

__all__ = ["DIGITS", "PHOTOS", "SUITES", "Corruption", "corrupt"]

SUITES = {"digits": DIGITS, "photos": PHOTOS}
SMALLEST_PHOTO = 32
# Values that are worked on at once: 192 digits (whose fog takes 200 MB), or one photo of 224×224.
_BLOCK_VALUES = 224 * 224 * 3


def corrupt(
    name: str,
    batch: npt.NDArray[np.uint8] | npt.NDArray[np.floating],
    *,
    severity: int | None = None,
    seed: int = 0,
) -> Floats:
    """Corrupt a batch, uint8 or floats in [0, 1], into float32 in [0, 1] with whole 255ths.

    Without a severity `name` is one of `DIGITS` and the batch (N, 28, 28, 1); with one, 1 to 5, it is one of
    `PHOTOS` and the batch (N, S, S, 3) with S ≥ 32. The result is rounded down to 8 bits, as in the published
    sets. What is random depends on the seed, the corruption and the image alone: the same image always
    becomes the same, whatever else is in the batch, and at each severity it is only changed more or less.

    Raises:
        OptionRefused: there is no such corruption, or it has no such severity.
        ValueError: the batch has another shape, type or range.
    """
    corruption = find(name, severity)
    pixels = _checked(batch, photos=severity is not None)
    parameters = corruption.levels[(severity or 1) - 1]
    result = np.empty_like(pixels)
    block = max(1, _BLOCK_VALUES // int(np.prod(pixels.shape[1:])))
    for start in range(0, len(pixels), block):
        part = pixels[start : start + block]
        draws = Draws(part, seed, zlib.crc32(name.encode()))
        result[start : start + block] = truncated(corruption.run(part, draws, *parameters))
    return result


def find(name: str, severity: int | None = None) -> Corruption:
    """The corruption of digits of this name; with a severity, that of photos.

    Raises:
        OptionRefused: there is none, or it has no such severity.
    """
    suite = DIGITS if severity is None else PHOTOS
    if name not in suite:
        raise OptionRefused(
            sentence("There is no corruption %(name)s of %(suite)s; there are: %(names)s."),
            name=name,
            suite="digits" if severity is None else "photos",
            names=", ".join(suite),
        )
    if severity not in suite[name].severities:
        raise OptionRefused(
            sentence("The severity of a corruption is 1 to 5, not %(severity)s."), severity=severity
        )
    return suite[name]


def _checked(batch: npt.NDArray[np.uint8] | npt.NDArray[np.floating], *, photos: bool) -> Floats:
    shape = batch.shape[1:]
    square = batch.ndim == 4 and shape[0] == shape[1] and shape[2] == 3 and shape[0] >= SMALLEST_PHOTO
    if not (square if photos else shape == (28, 28, 1)):
        wanted = f"(N, S, S, 3) with S ≥ {SMALLEST_PHOTO}" if photos else "(N, 28, 28, 1)"
        raise ValueError(f"a batch of {'photos' if photos else 'digits'} is {wanted}, not {batch.shape}")
    if batch.dtype == np.uint8:
        return to_float(np.asarray(batch, np.uint8))
    floats = np.asarray(batch, np.float32)
    if floats.size and not (floats.min() >= 0 and floats.max() <= 1):
        raise ValueError("pixels must lie in [0, 1]")
    return floats
