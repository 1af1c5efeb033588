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
    """Structural similarity with the Gaussian window of Wang et al. (2004), narrowed for tiny images."""
    import tensorflow as tf

    window = min(11, *first.shape[:2])
    return float(tf.image.ssim(first, second, max_val=255, filter_size=window))
