"""Digits as the site meets them: MNIST's, enlarged in a picture as of paper or of a board, and read from it.

What `ml.ink` makes of a picture was resized and cut at two levels: its grain is not that of MNIST's files.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ml import ink, paper

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

ZOOM = (4.0, 10.0)  # sides of a pixel's square in the picture
MARGIN = 0.5  # of the digit's side, at most, on each side of it
BOARDS = 0.2  # share of the pictures with light ink on dark
PAPER, DARKEST = (170.0, 255.0), 90.0  # grey levels of the ground, and of the ink at most
SHADE, BLUR, NOISE = 0.25, 0.3, 5.0  # of the light; of a 28th of the picture's shorter side; in grey levels
PLAIN = 0.4  # share of the pictures that are drawings: no light, no blur, no noise, stored without loss
QUALITY = (60, 96)  # of JPEG


def digits(images: Pixels, rng: np.random.Generator) -> Pixels:
    """What is read from a picture of each of `images` (N, 28, 28, 1), alike in shape.

    A digit that is not found in its picture stays as it is.
    """
    read = images.copy()
    for place, image in enumerate(images):
        found = ink.digit(picture(image[..., 0], rng))
        if found.found:
            read[place, ..., 0] = found.image
    return read


def picture(digit: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture (H, W, 3) that shows a digit (28, 28): a drawing, or a photo of paper or of a board."""
    shown = _enlarged(digit, rng)
    ground, darkest = rng.uniform(*PAPER), rng.uniform(0, DARKEST)
    drawn = bool(rng.random() < PLAIN)
    grey = 255 - shown if drawn else ground + (darkest - ground) * shown / 255
    if rng.random() < BOARDS:
        grey = 255 - grey
    if not drawn:
        grey = _photographed(grey, rng)
    pixels = np.repeat(np.rint(np.clip(grey, 0, 255)).astype(np.uint8)[..., None], 3, axis=-1)
    return pixels if drawn else _through_jpeg(pixels, int(rng.integers(*QUALITY)))


def _enlarged(digit: Pixels, rng: np.random.Generator) -> Floats:
    """White on black, with a margin of its own on each side."""
    cv2 = paper.opencv()
    side = round(len(digit) * rng.uniform(*ZOOM))
    ways = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    large = cv2.resize(digit, (side, side), interpolation=ways[rng.integers(len(ways))])
    top, bottom, left, right = (int(each) for each in rng.integers(0, round(MARGIN * side) + 1, 4))
    return np.pad(large.astype(np.float32), ((top, bottom), (left, right)))


def _photographed(grey: npt.NDArray[np.floating[Any]], rng: np.random.Generator) -> Floats:
    """Light that falls off to one side, a lens that is not quite sharp, a sensor's noise."""
    cv2 = paper.opencv()
    height, width = grey.shape
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(turn) * across + np.sin(turn) * down + 1.5) / 3
    blur = rng.uniform(0, BLUR * min(height, width) / 28)
    lit = (grey * (1 - rng.uniform(0, SHADE) * slope)).astype(np.float32)
    soft = cv2.GaussianBlur(lit, (0, 0), blur) if blur > 0.2 else lit
    return np.asarray(soft + rng.normal(0, rng.uniform(0, NOISE), grey.shape), np.float32)


def _through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    cv2 = paper.opencv()
    _, stored = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)
