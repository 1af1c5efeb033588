"""How far two 8-bit images lie apart."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Distances:
    """`linf` and `l2` in units of the [0, 1] range; `psnr` in dB (infinite when equal); `ssim` at most 1."""

    linf: float
    l2: float
    psnr: float
    ssim: float


def between(first: Pixels, second: Pixels) -> Distances:
    """Distances of two uint8 images of the same shape (H, W, C).

    Raises:
        ValueError: the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"images of shapes {first.shape} and {second.shape} cannot be compared")
    change = (first.astype(np.float64) - second.astype(np.float64)) / 255
    mean_square = float((change**2).mean())
    return Distances(
        linf=float(np.abs(change).max()),
        l2=float(np.sqrt((change**2).sum())),
        psnr=-10 * math.log10(mean_square) if mean_square else math.inf,
        ssim=_ssim(first, second),
    )


def _ssim(first: Pixels, second: Pixels) -> float:
    """Structural similarity (Wang et al. 2004, equation 13), its window narrowed for tiny images."""
    from scipy.ndimage import correlate1d

    side = min(11, *first.shape[:2])
    window = np.exp(-((np.arange(side) - (side - 1) / 2) ** 2) / (2 * 1.5**2))
    window /= window.sum()
    rows, columns = (slice(side // 2, size - (side - 1) // 2) for size in first.shape[:2])

    def mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Of the window around each pixel that has a whole one."""
        along = correlate1d(values, window, axis=0)[rows]
        return np.asarray(correlate1d(along, window, axis=1)[:, columns])

    x, y = first.astype(np.float32), second.astype(np.float32)
    mean_x, mean_y = mean(x), mean(y)
    product, squares = mean_x * mean_y, mean_x**2 + mean_y**2
    covariance, variances = mean(x * y) - product, mean(x**2 + y**2) - squares
    steady, steadier = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (
        (2 * product + steady) / (squares + steady) * (2 * covariance + steadier) / (variances + steadier)
    )
    return float(similar.mean())
