"""Corruptions of digits that move the ink: shear, scale, rotation, shift, shaken glass."""

import numpy as np
import numpy.typing as npt

from ml.datasets.corruptions.base import Draws, Floats, truncated

# The middle of 28 pixels.
_CENTRE = 13.5
_SIDE = 28


def shear(batch: Floats, draws: Draws, angle: float) -> Floats:
    """Slanted by `angle` radians to either side, as scikit-image understood it in 2019.

    The column is read at x - sin(angle)·y and the row at cos(angle)·y, so the digit also grows a little.
    """
    signs = draws.signs()
    slanted = np.array([[[np.cos(angle), 0], [-sign * np.sin(angle), 1]] for sign in (-1, 1)])
    return _turned(batch, slanted, signs)


def rotate(batch: Floats, draws: Draws, angle: float) -> Floats:
    """Turned by `angle` radians, to either side."""
    signs = draws.signs()
    sine, cosine = np.sin(angle), np.cos(angle)
    turned = np.array([[[cosine, sign * sine], [-sign * sine, cosine]] for sign in (-1, 1)])
    return _turned(batch, turned, signs)


def resize(batch: Floats, draws: Draws, share: float) -> Floats:
    """Shrunk to a share of its size, about the centre."""
    return _warped(batch, np.eye(2) / share)


def translate(batch: Floats, draws: Draws, pixels: float) -> Floats:
    """Shifted by whole `pixels` along both axes, each to either side; what enters is black."""
    margin = int(pixels)
    padded = np.pad(batch, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    starts = margin + margin * draws.signs(2)
    return np.stack(
        [image[y : y + _SIDE, x : x + _SIDE] for image, (y, x) in zip(padded, starts, strict=True)]
    )


def glass_blur(batch: Floats, draws: Draws, sigma: float, reach: float, rounds: float) -> Floats:
    """Blurred, neighbours exchanged at random, blurred again; rounded down to 8 bits before the exchange.

    Pixel after pixel, from the last to the first, half of them change places with one up to `reach` up and
    left of them, or less than `reach` down and right.
    """
    from scipy.ndimage import gaussian_filter

    blur = (0, sigma, sigma, 0)
    shaken = truncated(gaussian_filter(batch, blur, mode="nearest"))[..., 0]
    far = int(reach)
    places = np.arange(_SIDE - far, far, -1)
    every = np.arange(len(batch))
    for _ in range(int(rounds)):
        moved = draws.integers(0, 2, len(places), len(places), 1)
        offsets = moved * draws.integers(-far, far, len(places), len(places), 2)
        for i, row in enumerate(places):
            for j, column in enumerate(places):
                y, x = row + offsets[:, i, j, 0], column + offsets[:, i, j, 1]
                here = shaken[:, row, column].copy()
                shaken[:, row, column] = shaken[every, y, x]
                shaken[every, y, x] = here
    return np.asarray(gaussian_filter(shaken[..., None], blur, mode="nearest"))


def _turned(batch: Floats, matrices: npt.NDArray[np.float64], signs: npt.NDArray[np.int64]) -> Floats:
    """Every image under the first matrix where its sign is -1, the second where it is 1."""
    result = np.empty_like(batch)
    for sign, matrix in zip((-1, 1), matrices, strict=True):
        result[signs == sign] = _warped(batch[signs == sign], matrix)
    return result


def _warped(batch: Floats, matrix: npt.NDArray[np.float64]) -> Floats:
    """Each pixel is read where `matrix` (row, column) sends it from the centre; bilinear, black outside."""
    from scipy.ndimage import map_coordinates

    grid = np.indices((_SIDE, _SIDE)).reshape(2, -1) - _CENTRE
    places = matrix @ grid + _CENTRE
    warped = np.empty_like(batch)
    for image, result in zip(batch, warped, strict=True):
        read = map_coordinates(image[..., 0], places, order=1, mode="grid-constant")
        result[..., 0] = read.reshape(_SIDE, _SIDE)
    return warped
