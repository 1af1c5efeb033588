"""Things drawn by program that are no photo of anything: a cheap part of what a model must not be sure of."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
SIDE = 224


def draw(rng: np.random.Generator) -> Pixels:
    """One random drawing, uint8 (224, 224, 3)."""
    makers: tuple[Callable[[np.random.Generator], Pixels], ...] = (
        clouds, stripes, shapes, page, scribble, face, flower, house, cat, object_on_table,
    )  # fmt: skip
    return makers[rng.integers(len(makers))](rng)


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
        colour, (a, b), kind = _colour(rng), _points(rng, 2), rng.integers(4)
        if kind == 0:
            cv2.ellipse(
                image, a, (int(rng.integers(5, 70)), int(rng.integers(5, 70))), 0, 0, 360, colour, _pen(rng)
            )
        elif kind == 1:
            cv2.rectangle(image, a, b, colour, _pen(rng))
        elif kind == 2:
            cv2.line(image, a, b, colour, int(rng.integers(1, 8)), cv2.LINE_AA)
        else:
            cv2.fillPoly(image, [_polygon(_points(rng, int(rng.integers(3, 7))))], colour, cv2.LINE_AA)
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
        image, [curve.astype(np.int32)], bool(rng.random() < 0.3), _colour(rng), int(rng.integers(1, 7))
    )
    return image


def face(rng: np.random.Generator) -> Pixels:
    """A person's head and shoulders."""
    image, skin = backdrop(rng), _between(rng, (70, 45, 30), (250, 215, 190))
    x, y, r = int(rng.integers(70, 155)), int(rng.integers(70, 130)), int(rng.integers(25, 75))
    tall, hair, dark = int(r * rng.uniform(1.1, 1.5)), _between(rng, (10, 5, 0), (200, 160, 90)), _colour(rng)
    cv2.ellipse(image, (x, y + tall + r), (2 * r, r), 0, 180, 360, dark, -1)
    cv2.rectangle(image, (x - 2 * r, y + tall + r), (x + 2 * r, SIDE), dark, -1)
    cv2.ellipse(image, (x, y - r // 5), (int(r * 1.15), int(tall * 1.1)), 0, 0, 360, hair, -1)
    cv2.ellipse(image, (x, y), (r, tall), 0, 0, 360, skin, -1)
    for side in (-1, 1):
        eye = (x + side * r * 2 // 5, y - tall // 6)
        cv2.ellipse(image, eye, (max(2, r // 6), max(1, r // 10)), 0, 0, 360, (245, 245, 245), -1)
        cv2.circle(image, eye, max(1, r // 12), (30, 30, 40), -1)
        cv2.ellipse(image, (eye[0], eye[1] - r // 5), (r // 4, r // 12), 0, 180, 360, hair, 2)
    cv2.line(image, (x, y), (x - r // 8, y + tall // 4), _darker(skin), 2)
    cv2.ellipse(
        image, (x, y + tall // 2), (r // 3, r // 8), 0, 0, int(rng.choice([180, 360])), (170, 60, 60), -1
    )
    return image


def flower(rng: np.random.Generator) -> Pixels:
    """Blossoms on stems."""
    image = backdrop(rng)
    for _ in range(rng.integers(1, 5)):
        (x, y), r, petals = _points(rng, 1)[0], int(rng.integers(18, 60)), int(rng.integers(4, 14))
        colour, green = _colour(rng), _between(rng, (10, 60, 0), (110, 190, 90))
        cv2.line(image, (x, y), (x + int(rng.integers(-30, 30)), SIDE), green, max(2, r // 9))
        for petal in range(petals):
            angle = 360 * petal / petals
            at = (int(x + r * 0.6 * np.cos(np.radians(angle))), int(y + r * 0.6 * np.sin(np.radians(angle))))
            shade = _u(np.array(colour) * rng.uniform(0.8, 1.2))
            cv2.ellipse(
                image,
                at,
                (int(r * 0.5), int(r * rng.uniform(0.2, 0.35))),
                angle,
                0,
                360,
                shade,
                -1,
                cv2.LINE_AA,
            )
        cv2.circle(image, (x, y), r // 4, _between(rng, (120, 70, 0), (255, 220, 80)), -1, cv2.LINE_AA)
    return image


def house(rng: np.random.Generator) -> Pixels:
    """Buildings with windows, and trees."""
    image, ground = backdrop(rng), int(rng.integers(140, 215))
    cv2.rectangle(image, (0, ground), (SIDE, SIDE), _between(rng, (40, 60, 20), (170, 170, 140)), -1)
    for _ in range(rng.integers(1, 5)):
        x, wide, tall = int(rng.integers(-10, 190)), int(rng.integers(35, 110)), int(rng.integers(35, 130))
        if rng.random() < 0.3:
            cv2.line(image, (x, ground), (x, ground - tall), (80, 55, 30), 7)
            cv2.circle(image, (x, ground - tall), wide // 3, _between(rng, (10, 60, 0), (110, 170, 80)), -1)
            continue
        wall, glass, roof = _colour(rng), _colour(rng), _colour(rng)
        cv2.rectangle(image, (x, ground - tall), (x + wide, ground), wall, -1)
        for row in range(ground - tall + 8, ground - 12, 22):
            for column in range(x + 7, x + wide - 12, 20):
                cv2.rectangle(image, (column, row), (column + 10, row + 12), glass, -1)
        if rng.random() < 0.6:
            top = [
                (x - 8, ground - tall),
                (x + wide + 8, ground - tall),
                (x + wide // 2, ground - tall - wide // 2),
            ]
            cv2.fillPoly(image, [_polygon(top)], roof, cv2.LINE_AA)
    return image


def cat(rng: np.random.Generator) -> Pixels:
    """A four-legged animal with ears and a tail, from the side."""
    image, fur = backdrop(rng), _between(rng, (20, 15, 10), (240, 220, 200))
    x, y, r = int(rng.integers(60, 150)), int(rng.integers(90, 150)), int(rng.integers(20, 55))
    for leg in (-1.2, -0.8, 0.8, 1.2):
        foot = (x + int(leg * r), y + int(r * rng.uniform(1.3, 1.9)))
        cv2.line(image, (x + int(leg * r), y), foot, _darker(fur), max(3, r // 4), cv2.LINE_AA)
    cv2.ellipse(image, (x, y), (int(r * 1.6), int(r * 0.75)), 0, 0, 360, fur, -1, cv2.LINE_AA)
    cv2.ellipse(
        image, (x - int(r * 1.9), y - r // 2), (r // 2, r), 20, 0, 200, fur, max(3, r // 6), cv2.LINE_AA
    )
    head, ear = (x + int(r * 1.6), y - int(r * 0.7)), r // 3
    for side in (-1, 1):
        tip = [
            (head[0] + side * ear * 2, head[1]),
            (head[0], head[1] - ear),
            (head[0] + side * ear * 2, head[1] - ear * 3),
        ]
        cv2.fillPoly(image, [_polygon(tip)], _darker(fur), cv2.LINE_AA)
    cv2.circle(image, head, int(r * 0.7), fur, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(image, (head[0] + side * r // 4, head[1] - r // 8), max(2, r // 9), (30, 60, 20), -1)
    cv2.circle(image, (head[0], head[1] + r // 5), max(2, r // 10), (150, 80, 80), -1)
    return image


def object_on_table(rng: np.random.Generator) -> Pixels:
    """Cups, fruit, boxes and books on a table top."""
    image, edge = backdrop(rng), int(rng.integers(90, 170))
    cv2.rectangle(image, (0, edge), (SIDE, SIDE), _between(rng, (50, 30, 15), (220, 190, 150)), -1)
    for _ in range(rng.integers(1, 4)):
        x, y, r = int(rng.integers(30, 195)), int(edge + rng.integers(-5, 50)), int(rng.integers(15, 50))
        colour, kind = _colour(rng), rng.integers(3)
        if kind == 0:
            cv2.ellipse(
                image, (x + r, y - r), (r // 2, r // 2), 0, 0, 360, colour, max(3, r // 7), cv2.LINE_AA
            )
            cv2.rectangle(image, (x - r, y - 2 * r), (x + r, y), colour, -1)
            cv2.ellipse(image, (x, y - 2 * r), (r, r // 3), 0, 0, 360, _darker(colour), -1, cv2.LINE_AA)
        elif kind == 1:
            cv2.circle(image, (x, y - r), r, colour, -1, cv2.LINE_AA)
            cv2.circle(
                image,
                (x - r // 3, y - r - r // 3),
                max(2, r // 5),
                _u(np.array(colour) * 1.5),
                -1,
                cv2.LINE_AA,
            )
        else:
            cv2.rectangle(image, (x - r, y - int(r * rng.uniform(0.4, 3))), (x + r, y), colour, -1)
    return image


def _points(rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in rng.integers(0, SIDE, (count, 2))]


def _polygon(points: list[tuple[int, int]]) -> npt.NDArray[np.int32]:
    return np.array(points, np.int32)


def _pen(rng: np.random.Generator) -> int:
    return int(rng.choice([-1, 1, 2, 4]))


def _colour(rng: np.random.Generator) -> Colour:
    return _u(rng.uniform(0, 255, 3))


def _between(rng: np.random.Generator, dark: Colour, bright: Colour) -> Colour:
    return _u(np.array(dark) + rng.random() * (np.array(bright) - np.array(dark)) + rng.normal(0, 8, 3))


def _darker(colour: Colour) -> Colour:
    return _u(np.array(colour) * 0.7)


def _u(values: npt.NDArray[np.floating]) -> Colour:
    red, green, blue = (int(value) for value in np.clip(values, 0, 255))
    return red, green, blue
