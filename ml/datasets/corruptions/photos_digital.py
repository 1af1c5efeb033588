"""Noise and digital faults of photos: Gaussian noise, contrast, elastic transform, pixels, JPEG."""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from ml.datasets.corruptions.base import Draws, Floats
from ml.images import to_float, to_pixels

Points = npt.NDArray[np.float32]


def gaussian_noise(batch: Floats, draws: Draws, deviation: float) -> Floats:
    """Added to every value."""
    return batch + np.float32(deviation) * draws.normal(*batch.shape[1:])


def contrast(batch: Floats, draws: Draws, kept: float) -> Floats:
    """The distance to the channel's mean shrinks to a share."""
    means = batch.mean(axis=(1, 2), keepdims=True)
    return (batch - means) * np.float32(kept) + means


def pixelate(batch: Floats, draws: Draws, share: float) -> Floats:
    """Shrunk to a share of the side and enlarged again, both by averaging over boxes, in 8 bits."""
    side = batch.shape[1]
    small = int(side * share)

    def boxes(image: Image.Image) -> Image.Image:
        shrunk = image.resize((small, small), Image.Resampling.BOX)
        return shrunk.resize((side, side), Image.Resampling.BOX)

    return np.stack([_floats(boxes(image)) for image in _pictures(batch)])


def jpeg_compression(batch: Floats, draws: Draws, quality: float) -> Floats:
    """Written as JPEG of a low quality and read again."""

    def compressed(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(quality))
        return Image.open(file)

    return np.stack([_floats(compressed(image)) for image in _pictures(batch)])


def _pictures(batch: Floats) -> list[Image.Image]:
    return [Image.fromarray(pixels) for pixels in to_pixels(np.clip(batch, 0, 1))]


def _floats(image: Image.Image) -> Floats:
    return to_float(np.asarray(image))


def elastic_transform(batch: Floats, draws: Draws, strength: float, sigma: float, affine: float) -> Floats:
    """A random affine map of three points, then every pixel displaced along a smooth random field.

    The three parameters are shares of the side. (The generator multiplies by 244 where its photos have 224
    pixels, and so does this.)
    """
    import cv2
    from scipy.ndimage import map_coordinates

    side = batch.shape[1]
    published = side * 244 / 224
    middle, third = side // 2, side // 3
    corners = np.array([[1, 1], [1, -1], [-1, -1]], np.float32) * third + middle
    moved = corners + draws.uniform(-affine * published, affine * published, 3, 2)
    smooth = _smoothing(side, sigma * published)
    fields = smooth @ draws.uniform(-1, 1, 2, side, side) @ smooth.T * np.float32(strength * published)
    warped = np.empty_like(batch)
    for image, points, field, result in zip(batch, moved, fields, warped, strict=True):
        matrix = cv2.getAffineTransform(corners, points)
        turned = cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
        places = np.indices((side, side), np.float32) + field
        for channel in range(3):
            map_coordinates(turned[..., channel], places, result[..., channel], order=1, mode="reflect")
    return warped


@lru_cache(maxsize=16)
def _smoothing(side: int, sigma: float) -> Floats:
    """The matrix of a Gaussian blur of a line, mirrored at its ends, cut off at three deviations."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(np.eye(side), sigma, axis=0, mode="reflect", truncate=3), np.float32)
