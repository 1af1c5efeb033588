"""Things drawn by program that are no photo of anything: a cheap part of what a model must not be sure of."""

from collections.abc import Callable

import cv2
import numpy as np

from ml.training.photos.patterns import (
    SIDE,
    Pixels,
    backdrop,
    clouds,
    colour_between,
    colour_of,
    darker,
    page,
    polygon,
    random_colour,
    random_points,
    scribble,
    shapes,
    stripes,
)


def draw(rng: np.random.Generator) -> Pixels:
    """One random drawing, uint8 (224, 224, 3)."""
    makers: tuple[Callable[[np.random.Generator], Pixels], ...] = (
        clouds, stripes, shapes, page, scribble, face, flower, house, cat, object_on_table,
    )  # fmt: skip
    return makers[rng.integers(len(makers))](rng)


def face(rng: np.random.Generator) -> Pixels:
    """A person's head and shoulders."""
    image, skin = backdrop(rng), colour_between(rng, (70, 45, 30), (250, 215, 190))
    x, y, r = int(rng.integers(70, 155)), int(rng.integers(70, 130)), int(rng.integers(25, 75))
    tall, hair, dark = (
        int(r * rng.uniform(1.1, 1.5)),
        colour_between(rng, (10, 5, 0), (200, 160, 90)),
        random_colour(rng),
    )
    cv2.ellipse(image, (x, y + tall + r), (2 * r, r), 0, 180, 360, dark, -1)
    cv2.rectangle(image, (x - 2 * r, y + tall + r), (x + 2 * r, SIDE), dark, -1)
    cv2.ellipse(image, (x, y - r // 5), (int(r * 1.15), int(tall * 1.1)), 0, 0, 360, hair, -1)
    cv2.ellipse(image, (x, y), (r, tall), 0, 0, 360, skin, -1)
    for side in (-1, 1):
        eye = (x + side * r * 2 // 5, y - tall // 6)
        cv2.ellipse(image, eye, (max(2, r // 6), max(1, r // 10)), 0, 0, 360, (245, 245, 245), -1)
        cv2.circle(image, eye, max(1, r // 12), (30, 30, 40), -1)
        cv2.ellipse(image, (eye[0], eye[1] - r // 5), (r // 4, r // 12), 0, 180, 360, hair, 2)
    cv2.line(image, (x, y), (x - r // 8, y + tall // 4), darker(skin), 2)
    cv2.ellipse(
        image, (x, y + tall // 2), (r // 3, r // 8), 0, 0, int(rng.choice([180, 360])), (170, 60, 60), -1
    )
    return image


def flower(rng: np.random.Generator) -> Pixels:
    """Blossoms on stems."""
    image = backdrop(rng)
    for _ in range(rng.integers(1, 5)):
        (x, y), r, petals = random_points(rng, 1)[0], int(rng.integers(18, 60)), int(rng.integers(4, 14))
        colour, green = random_colour(rng), colour_between(rng, (10, 60, 0), (110, 190, 90))
        cv2.line(image, (x, y), (x + int(rng.integers(-30, 30)), SIDE), green, max(2, r // 9))
        for petal in range(petals):
            angle = 360 * petal / petals
            at = (int(x + r * 0.6 * np.cos(np.radians(angle))), int(y + r * 0.6 * np.sin(np.radians(angle))))
            shade = colour_of(np.array(colour) * rng.uniform(0.8, 1.2))
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
        cv2.circle(image, (x, y), r // 4, colour_between(rng, (120, 70, 0), (255, 220, 80)), -1, cv2.LINE_AA)
    return image


def house(rng: np.random.Generator) -> Pixels:
    """Buildings with windows, and trees."""
    image, ground = backdrop(rng), int(rng.integers(140, 215))
    cv2.rectangle(image, (0, ground), (SIDE, SIDE), colour_between(rng, (40, 60, 20), (170, 170, 140)), -1)
    for _ in range(rng.integers(1, 5)):
        x, wide, tall = int(rng.integers(-10, 190)), int(rng.integers(35, 110)), int(rng.integers(35, 130))
        if rng.random() < 0.3:
            cv2.line(image, (x, ground), (x, ground - tall), (80, 55, 30), 7)
            cv2.circle(
                image, (x, ground - tall), wide // 3, colour_between(rng, (10, 60, 0), (110, 170, 80)), -1
            )
            continue
        wall, glass, roof = random_colour(rng), random_colour(rng), random_colour(rng)
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
            cv2.fillPoly(image, [polygon(top)], roof, cv2.LINE_AA)
    return image


def cat(rng: np.random.Generator) -> Pixels:
    """A four-legged animal with ears and a tail, from the side."""
    image, fur = backdrop(rng), colour_between(rng, (20, 15, 10), (240, 220, 200))
    x, y, r = int(rng.integers(60, 150)), int(rng.integers(90, 150)), int(rng.integers(20, 55))
    for leg in (-1.2, -0.8, 0.8, 1.2):
        foot = (x + int(leg * r), y + int(r * rng.uniform(1.3, 1.9)))
        cv2.line(image, (x + int(leg * r), y), foot, darker(fur), max(3, r // 4), cv2.LINE_AA)
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
        cv2.fillPoly(image, [polygon(tip)], darker(fur), cv2.LINE_AA)
    cv2.circle(image, head, int(r * 0.7), fur, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(image, (head[0] + side * r // 4, head[1] - r // 8), max(2, r // 9), (30, 60, 20), -1)
    cv2.circle(image, (head[0], head[1] + r // 5), max(2, r // 10), (150, 80, 80), -1)
    return image


def object_on_table(rng: np.random.Generator) -> Pixels:
    """Cups, fruit, boxes and books on a table top."""
    image, edge = backdrop(rng), int(rng.integers(90, 170))
    cv2.rectangle(image, (0, edge), (SIDE, SIDE), colour_between(rng, (50, 30, 15), (220, 190, 150)), -1)
    for _ in range(rng.integers(1, 4)):
        x, y, r = int(rng.integers(30, 195)), int(edge + rng.integers(-5, 50)), int(rng.integers(15, 50))
        colour, kind = random_colour(rng), rng.integers(3)
        if kind == 0:
            cv2.ellipse(
                image, (x + r, y - r), (r // 2, r // 2), 0, 0, 360, colour, max(3, r // 7), cv2.LINE_AA
            )
            cv2.rectangle(image, (x - r, y - 2 * r), (x + r, y), colour, -1)
            cv2.ellipse(image, (x, y - 2 * r), (r, r // 3), 0, 0, 360, darker(colour), -1, cv2.LINE_AA)
        elif kind == 1:
            cv2.circle(image, (x, y - r), r, colour, -1, cv2.LINE_AA)
            cv2.circle(
                image,
                (x - r // 3, y - r - r // 3),
                max(2, r // 5),
                colour_of(np.array(colour) * 1.5),
                -1,
                cv2.LINE_AA,
            )
        else:
            cv2.rectangle(image, (x - r, y - int(r * rng.uniform(0.4, 3))), (x + r, y), colour, -1)
    return image
