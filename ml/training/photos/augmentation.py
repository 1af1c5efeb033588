"""Photos made harder, as life makes them: other crops, cameras, light, compression, styles.

Everything works on uint8 RGB (H, W, 3) and takes its chance from a `numpy` generator, so that a
seed repeats it. The chances below are those of one picture in training.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.images import resize
from ml.training.photos.styles import stylise

Pixels = npt.NDArray[np.uint8]
Step = Callable[[Pixels, np.random.Generator], Pixels]

KERNELS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_AREA)
# The trainer's own threads use the cores already.
cv2.setNumThreads(1)


def augment(image: Pixels, rng: np.random.Generator, size: tuple[int, int], *, crops: bool = True) -> Pixels:
    """One random variation of `image`, resized to `size` (height, width) as a stored picture would be.

    Args:
        crops: whether parts of the picture may be cut off or the picture be set into a larger one.
    """
    image = maybe(0.5, image[:, ::-1], rng, otherwise=image)
    if crops:
        image = _framed(image, rng, size)
    image = chance(0.5, lambda picture, _: resize(np.ascontiguousarray(picture), size), image, rng)
    image = chance(0.25, tilt, image, rng)
    image = chance(0.7, light, image, rng)
    # One of them: a coarse drawing shows nothing any more.
    fate = rng.random()
    if fate < 0.15:
        image = stylise(image, rng)
    elif fate < 0.5:
        image = coarsen(image, rng)
    elif fate < 0.65:
        image = blur(image, rng)
    image = chance(0.15, sharpen, image, rng)
    image = chance(0.2, noise, image, rng)
    image = chance(0.1, cover, image, rng)
    image = chance(0.3, compress, image, rng)
    return resize(np.ascontiguousarray(image), size)


def chance(probability: float, step: Step, image: Pixels, rng: np.random.Generator) -> Pixels:
    """`step` applied with that probability."""
    return step(image, rng) if rng.random() < probability else image


def maybe(probability: float, image: Pixels, rng: np.random.Generator, *, otherwise: Pixels) -> Pixels:
    """One of two pictures."""
    return image if rng.random() < probability else otherwise


def pick(options: Sequence[int], rng: np.random.Generator) -> int:
    """One of the options, all equally likely."""
    return options[int(rng.integers(len(options)))]


def _framed(image: Pixels, rng: np.random.Generator, size: tuple[int, int]) -> Pixels:
    """Nearer, farther, or as it is."""
    choice = rng.random()
    if choice < 0.45:
        image = crop(image, rng, area=(0.4, 1.0))
    elif choice < 0.7:
        image = far(image, rng)
    scale = min(1.0, 1.2 * max(size) / max(image.shape[:2]))
    return scaled(image, scale, cv2.INTER_AREA) if scale < 1 else image


def scaled(image: Pixels, scale: float, kernel: int = cv2.INTER_LINEAR) -> Pixels:
    """Both sides times `scale`."""
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return _u8(cv2.resize(image, (width, height), interpolation=kernel))


def crop(image: Pixels, rng: np.random.Generator, *, area: tuple[float, float]) -> Pixels:
    """A random rectangle with that share of the area and a somewhat different aspect."""
    height, width = image.shape[:2]
    share = np.sqrt(rng.uniform(*area))
    stretch = np.exp(rng.uniform(-0.3, 0.3))
    rows = min(height, max(1, round(height * share * stretch)))
    columns = min(width, max(1, round(width * share / stretch)))
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    return image[top : top + rows, left : left + columns]


def far(image: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture as a part of a larger one, whose rest is plain, blurred, or its edge continued."""
    height, width = image.shape[:2]
    rows, columns = (round(side * rng.uniform(1.05, 2.2)) for side in (height, width))
    top, left = rng.integers(rows - height + 1), rng.integers(columns - width + 1)
    kind = rng.integers(4)
    if kind == 0:
        canvas = np.empty((rows, columns, 3), np.uint8)
        canvas[:] = rng.choice([rng.integers(0, 256, 3), np.full(3, 255), np.zeros(3), image[0, 0]])
        canvas[top : top + height, left : left + width] = image
        return canvas
    if kind == 1:
        canvas = _u8(cv2.resize(cv2.GaussianBlur(image, (0, 0), 8), (columns, rows)))
        canvas[top : top + height, left : left + width] = image
        return canvas
    border = cv2.BORDER_REPLICATE if kind == 2 else cv2.BORDER_REFLECT_101
    if kind == 3:  # reflecting needs a border smaller than the picture
        top, left = min(top, height - 1), min(left, width - 1)
        rows, columns = min(rows, 2 * height - 1 + top), min(columns, 2 * width - 1 + left)
    return _u8(cv2.copyMakeBorder(image, top, rows - height - top, left, columns - width - left, border))


def tilt(image: Pixels, rng: np.random.Generator) -> Pixels:
    """A hand-held camera: a small rotation and a small perspective."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-14, 14), rng.uniform(0.95, 1.2))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = (corners @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    moved += rng.uniform(-0.06, 0.06, (4, 2)).astype(np.float32) * (width, height)
    warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return _u8(cv2.warpPerspective(image, warp, (width, height), borderMode=cv2.BORDER_REFLECT_101))


def light(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Exposure, contrast, white balance, saturation; sometimes grey, swapped colours, a shadow."""
    ramp = (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.25))
    ramp = (ramp - 0.5) * np.exp(rng.normal(0, 0.2)) + 0.5 + rng.normal(0, 0.08)
    table = _u8(ramp[:, None] * np.exp(rng.normal(0, 0.08, 3)) * 255)
    image = _u8(cv2.LUT(np.ascontiguousarray(image), table[:, None]))
    saturation = 0.0 if rng.random() < 0.15 else np.exp(rng.normal(0, 0.35))
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    image = _u8(cv2.addWeighted(image, saturation, grey, 1 - saturation, 0))
    if rng.random() < 0.1:
        image = image[..., rng.permutation(3)]
    if rng.random() < 0.15:
        rows, columns = image.shape[:2]
        angle = rng.uniform(0, 2 * np.pi)
        slope = (
            np.cos(angle) * np.linspace(-1, 1, columns) + np.sin(angle) * np.linspace(-1, 1, rows)[:, None]
        )
        image = _u8(image * (1 + rng.uniform(0.1, 0.5) * slope[..., None]))
    return np.ascontiguousarray(image)


def coarsen(image: Pixels, rng: np.random.Generator) -> Pixels:
    """A tiny picture enlarged: 20 to 110 pixels, through any two of five kernels."""
    height, width = image.shape[:2]
    side = int(np.exp(rng.uniform(np.log(20), np.log(110))))
    scale = side / min(height, width)
    if scale >= 1:
        return image
    small = scaled(image, scale, pick(KERNELS[1:], rng))
    return _u8(cv2.resize(small, (width, height), interpolation=pick(KERNELS, rng)))


def blur(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Out of focus, or moved."""
    if rng.random() < 0.6:
        return _u8(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 3.0)))
    length = pick((5, 7, 9, 13), rng)
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1)
    line = cv2.warpAffine(line, turn, (length, length))
    return _u8(cv2.filter2D(image, -1, line / line.sum()))


def sharpen(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Unsharp mask, as phones and scalers do."""
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 3.0))
    amount = rng.uniform(0.3, 2.5)
    return _u8(cv2.addWeighted(image, 1 + amount, soft, -amount, 0))


def noise(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Grain: fine or coarse, coloured or grey."""
    height, width = image.shape[:2]
    coarse = pick((1, 1, 2, 3), rng)
    shape = (height // coarse + 1, width // coarse + 1, pick((1, 3), rng))
    grain = rng.normal(0, rng.uniform(3, 25), shape).astype(np.float32)
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
    return _u8(image + grain)


def cover(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Something plain in front of a part of it, or writing across it."""
    height, width = image.shape[:2]
    covered = image.copy()
    colour = tuple(int(value) for value in rng.integers(0, 256, 3))
    place = (int(rng.integers(width)), int(rng.integers(height)))
    if rng.random() < 0.5:
        far_corner = (
            place[0] + int(width * rng.uniform(0.1, 0.4)),
            place[1] + int(height * rng.uniform(0.1, 0.4)),
        )
        cv2.rectangle(covered, place, far_corner, colour, -1)
        return covered
    text = "".join(chr(pick(range(97, 123), rng)) for _ in range(pick(range(4, 16), rng)))
    place = (place[0] // 2, place[1])
    cv2.putText(
        covered, text, place, pick((0, 2, 3, 4, 7), rng), rng.uniform(0.3, 1.4), colour, pick((1, 2), rng)
    )
    return _u8(cv2.addWeighted(covered, 0.8, image, 0.2, 0))


def compress(image: Pixels, rng: np.random.Generator) -> Pixels:
    """JPEG of quality 8 to 90."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(8, 91))])
    return _u8(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _u8(values: Any) -> Pixels:
    """Back to uint8, cut off at black and white."""
    if values.dtype == np.uint8:
        return np.asarray(values)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
