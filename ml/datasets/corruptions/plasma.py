"""Clouds: the periodic diamond-square fractal (Fournier, Fussell & Carpenter 1982)."""

import numpy as np

from ml.datasets.corruptions.base import Draws, Floats

_FIRST = 100.0


def clouds(draws: Draws, side: int, decay: float) -> Floats:
    """Maps (N, side, side) from 0 to 1; `side` is a power of two.

    Each step doubles the resolution: a new point is the mean of its four neighbours plus uniform noise, whose
    square root of the amplitude is divided by `decay` after each step.
    """
    maps = draws.uniform(0, 0, 1, 1)
    amplitude = _FIRST
    while maps.shape[1] < side:
        maps = _doubled(maps, draws, amplitude**2)
        amplitude /= decay
    maps -= maps.min(axis=(1, 2), keepdims=True)
    return maps / maps.max(axis=(1, 2), keepdims=True)


def _doubled(corners: Floats, draws: Draws, amplitude: float) -> Floats:
    count, size, _ = corners.shape
    noise = draws.uniform(-amplitude, amplitude, 3, size, size)
    across = corners + np.roll(corners, -1, axis=2)
    down = corners + np.roll(corners, -1, axis=1)
    centres = (across + np.roll(across, -1, axis=1)) / 4 + noise[:, 0]
    maps = np.empty((count, 2 * size, 2 * size), np.float32)
    maps[:, ::2, ::2] = corners
    maps[:, 1::2, 1::2] = centres
    maps[:, ::2, 1::2] = (across + centres + np.roll(centres, 1, axis=1)) / 4 + noise[:, 1]
    maps[:, 1::2, ::2] = (down + centres + np.roll(centres, 1, axis=2)) / 4 + noise[:, 2]
    return maps
