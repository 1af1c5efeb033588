"""Photos as cameras and programs leave them: with a sensor's noise, sharpened, or stored with loss.

None of it is an attack, and all of it changes the grain that a detector looks at.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from ml.images import to_pixels

Pixels = npt.NDArray[np.uint8]

NOISE = 4.0 / 255  # its spread at most, of values in [0, 1]
COLOURLESS = 0.5  # share of it that all three colours have in common, at most
SHARPNESS, RADIUS = 120, 1  # percent of an unsharp mask, at most; pixels
QUALITY = (40, 96)  # of JPEG
SHARE = 0.5  # of the photos that each of the three happens to


def photos(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Each of `images` (N, H, W, 3) with its own mixture of noise, sharpening and compression."""
    return np.stack([_photo(image, rng) for image in images]) if len(images) else images


def _photo(image: Pixels, rng: np.random.Generator) -> Pixels:
    if rng.random() < SHARE:
        image = noisy(image, rng.uniform(0, NOISE), rng)
    photo = Image.fromarray(image)
    if rng.random() < SHARE:
        mask = ImageFilter.UnsharpMask(RADIUS, int(rng.integers(SHARPNESS + 1)), 0)
        photo = photo.filter(mask)
    if rng.random() < SHARE:
        photo = _through_jpeg(photo, int(rng.integers(*QUALITY)))
    return np.asarray(photo)


def noisy(image: Pixels, spread: float, rng: np.random.Generator) -> Pixels:
    """The photo (H, W, 3) with Gaussian noise of a `spread` in [0, 1], partly the same in all colours."""
    common = rng.uniform(0, COLOURLESS)
    grain = np.sqrt(common) * rng.normal(size=(*image.shape[:2], 1)) + np.sqrt(1 - common) * rng.normal(
        size=image.shape
    )
    return to_pixels(np.clip(image / 255 + spread * grain, 0, 1).astype(np.float32))


def _through_jpeg(photo: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    return Image.open(file)
