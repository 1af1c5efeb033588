"""Kinds of written digits that are made from MNIST: as they are, moved, placed small on a large sheet, read
from a picture that shows them.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from ml.datasets import pictured
from ml.datasets.mnist import Images

Kind = Literal["plain", "affine", "imperfect", "pictured"]
TURN_DEGREES, SHIFT, ZOOM = 15.0, 0.15, 0.15
TEST_SEED = 1000


def make(kind: Kind, images: Images, rng: np.random.Generator) -> Images:
    """Digits of one kind, each with its own random numbers, from `images` (N, H, W, 1) uint8."""
    return _KINDS[kind](images, rng)


def test(kind: Kind, images: Images) -> Images:
    """`make` with random numbers that are always the same, so that all models are measured on one set."""
    return make(kind, images, np.random.default_rng(TEST_SEED))


def _plain(images: Images, rng: np.random.Generator) -> Images:
    return images


def _affine(images: Images, rng: np.random.Generator) -> Images:
    """Turned by up to 15°, shifted by up to 15 % of the side, zoomed by up to 15 %, bilinear, on black."""
    import cv2

    height, width = images.shape[1:3]
    angles = rng.uniform(-TURN_DEGREES, TURN_DEGREES, len(images))
    zooms = rng.uniform(1 - ZOOM, 1 + ZOOM, len(images))
    shifts = rng.uniform(-SHIFT, SHIFT, (len(images), 2)) * (width, height)
    moved = np.empty_like(images)
    for index, image in enumerate(images):
        matrix = cv2.getRotationMatrix2D(
            ((width - 1) / 2, (height - 1) / 2), float(angles[index]), float(zooms[index])
        )
        matrix[:, 2] += shifts[index]
        moved[index, ..., 0] = cv2.warpAffine(image[..., 0], matrix, (width, height), flags=cv2.INTER_LINEAR)
    return moved


def _imperfect(images: Images, rng: np.random.Generator) -> Images:
    """Placed anywhere on a black sheet of twice the side, which is reduced by area averaging.

    Small, thin and off the centre: what a box drawn too large around a digit gives.
    """
    count, height, width, channels = images.shape
    sheets = np.zeros((count, 2 * height, 2 * width, channels), np.uint8)
    corners = rng.integers(0, (height + 1, width + 1), (count, 2))
    for sheet, image, (top, left) in zip(sheets, images, corners, strict=True):
        sheet[top : top + height, left : left + width] = image
    rows = sheets[:, ::2].astype(np.uint16) + sheets[:, 1::2]
    return ((rows[:, :, ::2] + rows[:, :, 1::2] + 2) // 4).astype(np.uint8)


_KINDS: dict[str, Callable[[Images, np.random.Generator], Images]] = {
    "plain": _plain,
    "affine": _affine,
    "imperfect": _imperfect,
    "pictured": pictured.digits,
}
