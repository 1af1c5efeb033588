"""Spoilt digits to learn from, none of them as MNIST-C spoils its own: a network that knows them knows more.

Random filters are those of Xu et al. 2021, "Robust and Generalizable Visual Representation Learning via
Random Convolutions": they change texture, contrast and polarity, and keep shapes. Patches are those of Zhong
et al. 2020, "Random Erasing Data Augmentation".
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SIDES = (1, 3, 5, 7)


@dataclass(frozen=True, kw_only=True)
class Spoiling:
    """Shares of the digits that are filtered at random, and that get patches; zeros change nothing.

    Up to `patches` rectangles of up to `patch_pixels` a side cover a digit; `grain` is the largest standard
    deviation of Gaussian noise, of which each digit draws its own.
    """

    filtered: float = 0.0
    patched: float = 0.0
    patches: int = 2
    patch_pixels: int = 8
    grain: float = 0.0

    @property
    def spoils(self) -> bool:
        """Whether anything would change at all."""
        return bool(self.filtered or self.patched or self.grain)


def spoil(images: Floats, how: Spoiling, rng: np.random.Generator) -> Floats:
    """Spoilt copies of `images` (N, H, W, 1) in [0, 1]."""
    spoilt = images.copy()
    for side, chosen in _groups(len(images), how.filtered, rng):
        spoilt[chosen] = filtered(images[chosen], side, rng)
    for row in np.flatnonzero(rng.random(len(images)) < how.patched):
        _patch(spoilt[row, :, :, 0], how, rng)
    if how.grain:
        strength = rng.uniform(0, how.grain, (len(images), 1, 1, 1)).astype(np.float32)
        spoilt += strength * rng.standard_normal(images.shape, np.float32)
    return np.clip(spoilt, 0, 1)


def filtered(images: Floats, side: int, rng: np.random.Generator) -> Floats:
    """Each image after a random filter of `side`×`side`, mixed with itself, at random levels of grey.

    Filters of either sign are equally likely, so half of them turn black into white.
    """
    count, height, width, _ = images.shape
    kernels = rng.normal(0, 1 / side, (count, side, side)).astype(np.float32)
    padded = np.pad(images[..., 0], ((0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    answers = np.einsum("nhwij,nij->nhw", windows, kernels, optimize=True)
    share = rng.uniform(0, 1, (count, 1, 1)).astype(np.float32)
    mixed = share * images[..., 0] + (1 - share) * answers
    low = mixed.min(axis=(1, 2), keepdims=True)
    extent = np.maximum(mixed.max(axis=(1, 2), keepdims=True) - low, 1e-6)
    darkest = rng.uniform(0, 0.6, (count, 1, 1)).astype(np.float32)
    lightest = rng.uniform(darkest + 0.3, 1).astype(np.float32)
    return (darkest + (lightest - darkest) * (mixed - low) / extent)[..., None].reshape(
        count, height, width, 1
    )


def _groups(count: int, share: float, rng: np.random.Generator) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Which images are filtered, by the side of their filter."""
    sides = rng.choice(SIDES, count)
    sides[rng.random(count) >= share] = 0
    return [(side, np.flatnonzero(sides == side)) for side in SIDES]


def _patch(image: Floats, how: Spoiling, rng: np.random.Generator) -> None:
    """Cover parts of one image (H, W), in place: each with one grey, or with noise."""
    height, width = image.shape
    for _ in range(rng.integers(1, how.patches + 1)):
        rows, columns = rng.integers(2, how.patch_pixels + 1, 2)
        top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
        grey = rng.random((rows, columns)) if rng.random() < 0.3 else rng.random()
        image[top : top + rows, left : left + columns] = grey
