"""Variations of written digits: slant, turn, size, place, thickness of the pen, sharpness.

MNIST's digits were all scanned from one form. These variations are what photos of paper add.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How far each variation goes; every image draws its own from the whole range. Zeros change nothing.

    With `whole_pixels` shifts are by no parts of a pixel: those would turn black and white into grey.
    """

    turn_degrees: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    shift_pixels: float = 0.0
    perspective: float = 0.0
    thickness: float = 0.0
    blur: float = 0.0
    contrast: float = 0.0
    share: float = 1.0
    whole_pixels: bool = False

    @property
    def varies(self) -> bool:
        """Whether anything would change at all."""
        return any(getattr(self, name) for name in VARIATIONS)


# What is a variation by itself; the other fields say how the variations are made.
VARIATIONS = [each.name for each in fields(Variation) if each.name not in ("share", "whole_pixels")]


def vary(images: Floats, how: Variation, random: np.random.Generator) -> Floats:
    """Varied copies of `images` (N, H, W, 1) in [0, 1]; a part of 1 - `how.share` stays as it is."""
    import keras

    if not how.varies:
        return images
    moved = np.asarray(
        keras.ops.image.affine_transform(
            images,
            _transforms(len(images), images.shape[1:3], how, random),
            fill_mode="constant",
            fill_value=0.0,
        )
    )
    varied = _blurred(_thickened(moved, how, random), how, random)
    varied = varied ** np.exp(random.uniform(-how.contrast, how.contrast, (len(images), 1, 1, 1)))
    kept = random.random(len(images)) >= how.share
    return np.where(kept[:, None, None, None], images, np.clip(varied, 0, 1)).astype(np.float32)


def _transforms(count: int, size: tuple[int, ...], how: Variation, random: np.random.Generator) -> Floats:
    """Eight numbers an image: the projective map from output to input pixels, about the centre."""
    angle = np.deg2rad(random.uniform(-how.turn_degrees, how.turn_degrees, count))
    shear = random.uniform(-how.shear, how.shear, count)
    sizes = np.exp(random.uniform(-how.scale, how.scale, (2, count)))
    if how.whole_pixels:
        most = int(how.shift_pixels)
        shift = random.integers(-most, most + 1, (2, count)).astype(float)
    else:
        shift = random.uniform(-how.shift_pixels, how.shift_pixels, (2, count))
    tilt = random.uniform(-how.perspective, how.perspective, (2, count)) / size[0]
    maps = np.zeros((count, 3, 3))
    maps[:, 0, 0], maps[:, 0, 1] = np.cos(angle) * sizes[0], shear - np.sin(angle) * sizes[0]
    maps[:, 1, 0], maps[:, 1, 1] = np.sin(angle) * sizes[1], np.cos(angle) * sizes[1]
    maps[:, :2, 2], maps[:, 2, :2], maps[:, 2, 2] = shift.T, tilt.T, 1
    y, x = (size[0] - 1) / 2, (size[1] - 1) / 2
    centre = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    maps = centre @ maps @ np.linalg.inv(centre)
    maps /= maps[:, 2:, 2:]
    return maps.reshape(count, 9)[:, :8].astype(np.float32)


def _thickened(images: Floats, how: Variation, random: np.random.Generator) -> Floats:
    """Strokes made wider (amount above 0) or thinner, by up to a pixel on each side at amount 1."""
    amount = random.uniform(-how.thickness, how.thickness, (len(images), 1, 1, 1))
    if not how.thickness:
        return images
    around = _neighbours(images)
    wide, thin = around.max(axis=0), around.min(axis=0)
    return np.where(amount > 0, images + amount * (wide - images), images - amount * 0.6 * (thin - images))


def _blurred(images: Floats, how: Variation, random: np.random.Generator) -> Floats:
    amount = random.uniform(0, how.blur, (len(images), 1, 1, 1))
    if not how.blur:
        return images
    return images + amount * (_neighbours(images).mean(axis=0) - images)


def _neighbours(images: Floats) -> Floats:
    """Each pixel with its four neighbours: (5, N, H, W, 1)."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    inner = slice(1, -1)
    shifts = [(inner, inner), (slice(2, None), inner), (slice(None, -2), inner)]
    shifts += [(inner, slice(2, None)), (inner, slice(None, -2))]
    return np.stack([padded[:, rows, columns] for rows, columns in shifts])
