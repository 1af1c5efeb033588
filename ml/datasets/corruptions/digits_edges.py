"""Canny edges (Canny 1986), as scikit-image finds them with its defaults."""

import numpy as np
import numpy.typing as npt

from ml.datasets.corruptions.base import Draws, Floats

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def canny_edges(batch: Floats, draws: Draws, sigma: float, low: float, high: float) -> Floats:
    """White edges one pixel wide, black elsewhere.

    A pixel is an edge where the gradient is largest along its own direction and at least `low`, if edges
    that are at least `high` are connected with it.
    """
    from scipy.ndimage import label

    # In float64, where equal neighbours of a symmetric stroke come out equal.
    sizes, largest = _largest(batch[..., 0].astype(np.float64), sigma)
    candidates = largest & (sizes >= low)
    connected = np.zeros((3, 3, 3), bool)
    # Within an image, diagonals included; never from one image to the next.
    connected[1] = True
    regions, count = label(candidates, connected)
    sure = np.zeros(count + 1, bool)
    sure[regions[candidates & (sizes >= high)]] = True
    return sure[regions][..., None].astype(np.float32)


def _largest(images: Doubles, sigma: float) -> tuple[Doubles, Flags]:
    """The size of the gradient of `images` (N, H, W), and where it is no less than before and behind."""
    from scipy.ndimage import gaussian_filter

    blur = (0, sigma, sigma)
    # At the border, the part of the smoothing window that lies outside counts as missing, not as black.
    inside = gaussian_filter(np.ones_like(images[:1]), blur, mode="constant")
    smooth = gaussian_filter(images, blur, mode="constant") / inside
    down, right = _sobel(smooth, 1, 2), _sobel(smooth, 2, 1)
    sizes = np.hypot(down, right)
    steep, flat = np.abs(down), np.abs(right)
    diagonal = np.divide(
        np.minimum(steep, flat), np.maximum(steep, flat), out=np.zeros_like(sizes), where=sizes > 0
    )
    vertical = steep >= flat
    y, x = np.where(down >= 0, 1, -1), np.where(right >= 0, 1, -1)
    largest = sizes > 0
    # The outermost pixels have no neighbour on one side.
    largest[:, [0, -1]] = largest[:, :, [0, -1]] = False
    padded = np.pad(sizes, ((0, 0), (1, 1), (1, 1)))
    count, height, width = sizes.shape
    image, row, column = np.ogrid[:count, :height, :width]
    for way in (1, -1):
        slanted = padded[image, row + 1 + way * y, column + 1 + way * x]
        straight = padded[image, row + 1 + way * y * vertical, column + 1 + way * x * ~vertical]
        largest &= slanted * diagonal + straight * (1 - diagonal) <= sizes
    return sizes, largest


def _sobel(images: Doubles, along: int, across: int) -> Doubles:
    """Sobel's derivative; SciPy's own would smooth from image to image too."""
    from scipy.ndimage import correlate1d

    return np.asarray(correlate1d(correlate1d(images, [-1, 0, 1], axis=along), [1, 2, 1], axis=across))
