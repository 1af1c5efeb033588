"""Grounds, textures, shapes and writing drawn by program."""

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
SIDE = 224


def backdrop(rng: np.random.Generator) -> Pixels:
    """Plain, shaded or cloudy ground."""
    if rng.random() < 0.3:
        return clouds(rng)
    top, bottom = rng.uniform(0, 255, (2, 3))
    if rng.random() < 0.4:
        bottom = top
    steps = np.linspace(0, 1, SIDE)[:, None, None]
    return np.tile(top * (1 - steps) + bottom * steps, (1, SIDE, 1)).astype(np.uint8)


def clouds(rng: np.random.Generator) -> Pixels:
    """Noise of many sizes added up, in random colours: walls, skies, fabrics, grass."""
    steep = rng.uniform(0.2, 1.2)
    total = np.zeros((SIDE, SIDE, 3), np.float32)
    for level in range(1, 8):
        cells = (min(SIDE, 2**level), min(SIDE, 2 ** (level - int(rng.integers(0, 2)))))
        grain = rng.normal(0, 1, (*cells, 3 if rng.random() < 0.3 else 1)).astype(np.float32)
        layer = cv2.resize(grain, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).reshape(SIDE, SIDE, -1)
        total += layer * 2.0 ** (-level * steep)
    total = (total - total.mean()) / (total.std() + 1e-6)
    return np.clip(rng.uniform(40, 215, 3) + total * rng.uniform(10, 60), 0, 255).astype(np.uint8)


def stripes(rng: np.random.Generator) -> Pixels:
    """Waves, checks and bricks."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    angle, often = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(2), np.log(40)))
    wave = np.sin(2 * np.pi * often * (x * np.cos(angle) + y * np.sin(angle)))
    if rng.random() < 0.5:
        wave *= np.sin(2 * np.pi * often * (y * np.cos(angle) - x * np.sin(angle)) + rng.uniform(0, 6))
    if rng.random() < 0.5:
        wave = np.sign(wave)
    share = (wave[..., None] + 1) / 2
    first, second = rng.uniform(0, 255, (2, 3))
    return (first * share + second * (1 - share)).astype(np.uint8)


def shapes(rng: np.random.Generator) -> Pixels:
    """Discs, boxes, lines and polygons."""
    image = backdrop(rng)
    for _ in range(rng.integers(2, 25)):
        colour, (a, b), kind = random_colour(rng), random_points(rng, 2), rng.integers(4)
        if kind == 0:
            cv2.ellipse(
                image, a, (int(rng.integers(5, 70)), int(rng.integers(5, 70))), 0, 0, 360, colour, _pen(rng)
            )
        elif kind == 1:
            cv2.rectangle(image, a, b, colour, _pen(rng))
        elif kind == 2:
            cv2.line(image, a, b, colour, int(rng.integers(1, 8)), cv2.LINE_AA)
        else:
            cv2.fillPoly(image, [polygon(random_points(rng, int(rng.integers(3, 7))))], colour, cv2.LINE_AA)
    return image


def page(rng: np.random.Generator) -> Pixels:
    """Lines of writing, printed or large; figures too."""
    paper = tuple(int(value) for value in rng.integers(190, 256, 3))
    ink = tuple(int(value) for value in rng.integers(0, 110, 3))
    if rng.random() < 0.2:
        paper, ink = ink, paper
    image = np.full((SIDE, SIDE, 3), paper, np.uint8)
    size = np.exp(rng.uniform(np.log(0.3), np.log(5)))
    font, row, step = int(rng.choice([0, 1, 2, 3, 4, 6, 7])), 0, max(9, int(34 * size))
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     ,.0123456789ABCDEFG"))
    while row < SIDE:
        row += step
        text = "".join(rng.choice(letters, int(rng.integers(1, max(2, 13 / size)))))
        cv2.putText(
            image, text, (int(rng.integers(2, 25)), row), font, size, ink, max(1, int(size * 2)), cv2.LINE_AA
        )
    return image


def scribble(rng: np.random.Generator) -> Pixels:
    """One wandering line, as of a pen tried out."""
    image = backdrop(rng)
    path = np.cumsum(rng.normal(0, rng.uniform(3, 14), (int(rng.integers(20, 200)), 2)), axis=0) + SIDE / 2
    curve = cv2.GaussianBlur(path.astype(np.float32), (1, 9), 0) if rng.random() < 0.7 else path
    cv2.polylines(
        image, [curve.astype(np.int32)], bool(rng.random() < 0.3), random_colour(rng), int(rng.integers(1, 7))
    )
    return image


def random_points(rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
    """Places anywhere on the picture."""
    return [(int(x), int(y)) for x, y in rng.integers(0, SIDE, (count, 2))]


def polygon(points: list[tuple[int, int]]) -> npt.NDArray[np.int32]:
    """Corners as OpenCV wants them."""
    return np.array(points, np.int32)


def _pen(rng: np.random.Generator) -> int:
    return int(rng.choice([-1, 1, 2, 4]))


def random_colour(rng: np.random.Generator) -> Colour:
    """Any colour at all."""
    return colour_of(rng.uniform(0, 255, 3))


def colour_between(rng: np.random.Generator, dark: Colour, bright: Colour) -> Colour:
    """A colour between a dark and a bright one, a little off."""
    return colour_of(
        np.array(dark) + rng.random() * (np.array(bright) - np.array(dark)) + rng.normal(0, 8, 3)
    )


def darker(colour: Colour) -> Colour:
    """The same colour in the shade."""
    return colour_of(np.array(colour) * 0.7)


def colour_of(values: npt.NDArray[np.floating]) -> Colour:
    """Red, green and blue in range."""
    red, green, blue = (int(value) for value in np.clip(values, 0, 255))
    return red, green, blue
