"""Blurs of photos: out of focus, behind shaken glass, zooming. Motion blur is shared with the digits."""

import numpy as np
import numpy.typing as npt

from ml.datasets.corruptions.base import Draws, Floats, scale, truncated

Indices = npt.NDArray[np.int64]


def defocus_blur(batch: Floats, draws: Draws, radius: float, softness: float) -> Floats:
    """A disk of `radius` pixels, its rim softened by a Gaussian of `softness`."""
    import cv2

    kernel = _disk(radius, softness, scale(batch))
    return np.stack([cv2.filter2D(image, -1, kernel) for image in batch])


def _disk(radius: float, softness: float, factor: float) -> Floats:
    """The published disk; for smaller photos every weight is moved towards the centre by `factor`.

    A weight that comes to lie between pixels is shared by the four around it: a disk smaller than a pixel
    still blurs.
    """
    import cv2

    radius *= max(factor, 1)
    reach = max(8, int(np.ceil(radius)))
    across = np.arange(-reach, reach + 1)
    disk = (across[:, None] ** 2 + across**2 <= radius**2).astype(np.float32)
    size = (3, 3) if radius <= 8 else (5, 5)
    disk = cv2.GaussianBlur(disk / disk.sum(), ksize=size, sigmaX=softness)
    moved = across * min(factor, 1.0)
    shares = np.clip(1 - np.abs(moved[:, None] - across), 0, 1)
    return np.asarray(shares.T @ disk @ shares, np.float32)


def glass_blur(batch: Floats, draws: Draws, sigma: float, reach: float, rounds: float) -> Floats:
    """Blurred, shaken, blurred again; rounded down to 8 bits before it is shaken.

    The published generator means to exchange neighbours, but assigns through views of the array: a pixel
    gets its neighbour's value, which itself stays. The released photos were made so, and these are too.
    """
    from scipy.ndimage import gaussian_filter

    factor = scale(batch)
    blur = (0, sigma * factor, sigma * factor, 0)
    shaken = truncated(gaussian_filter(batch, blur, mode="nearest"))
    far = max(1, round(reach * factor))
    for _ in range(int(rounds)):
        sources = _sources(draws, batch.shape[1], far)
        flat = shaken.reshape(len(batch), -1, batch.shape[3])
        shaken = np.take_along_axis(flat, sources[..., None], axis=1).reshape(batch.shape)
    return np.asarray(gaussian_filter(shaken, blur, mode="nearest"))


def _sources(draws: Draws, side: int, far: int) -> Indices:
    """(N, side²): which pixel's old value each pixel gets, when all but a frame take one from nearby in turn.

    The last pixel comes first. So one whose neighbour comes later gets that one's old value, and one whose
    neighbour came before gets what the neighbour got: the chains are followed by doubling.
    """
    steps = draws.integers(-far, far, 2, side, side)
    row, column = np.indices((side, side))
    moving = (row > far) & (row <= side - far) & (column > far) & (column <= side - far)
    towards = (row + moving * steps[:, 0]) * side + column + moving * steps[:, 1]
    towards = towards.reshape(len(towards), -1)
    before = towards > np.arange(side * side)
    onward = np.where(before, towards, np.arange(side * side))
    while True:
        further = np.take_along_axis(onward, onward, axis=1)
        if (further == onward).all():
            break
        onward = further
    # The end of a chain takes an old value.
    return np.take_along_axis(towards, onward, axis=1)


def zoom_blur(batch: Floats, draws: Draws, largest: float, step: float) -> Floats:
    """The mean of the image and its centre enlarged by 1, 1 + step, ... up to `largest`."""
    # As published: whether the last factor is included hangs on the rounding of the decimals.
    factors = np.arange(1, largest, step)
    total = batch + sum(zoomed(batch, factor) for factor in factors)
    return total / np.float32(len(factors) + 1)


def zoomed(batch: Floats, factor: float) -> Floats:
    """The centre of (N, S, S, C), enlarged by `factor` ≥ 1, bilinearly, to (N, S, S, C).

    Corner to corner, as SciPy's `zoom` does it.
    """
    side = batch.shape[1]
    crop = int(np.ceil(side / factor))
    size = round(crop * factor)
    places = (side - crop) // 2 + ((size - side) // 2 + np.arange(side)) * (crop - 1) / (size - 1)
    return _read(_read(batch, places, 1), places, 2)


def _read(batch: Floats, places: npt.NDArray[np.float64], axis: int) -> Floats:
    """The lines along `axis`, read at `places` between their pixels."""
    first = np.minimum(places.astype(np.int64), batch.shape[axis] - 2)
    shape = [-1 if each == axis else 1 for each in range(4)]
    share = (places - first).astype(np.float32).reshape(shape)
    return np.take(batch, first, axis) * (1 - share) + np.take(batch, first + 1, axis) * share
