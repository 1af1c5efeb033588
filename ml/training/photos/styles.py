"""Paintings and drawings of a photo, so that a model knows them too."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Step = Callable[[Pixels, np.random.Generator], Pixels]


def stylise(image: Pixels, rng: np.random.Generator) -> Pixels:
    """A painting or a drawing of the picture."""
    styles: tuple[Step, ...] = (paint, poster, pencil, outline, cartoon)
    return styles[int(rng.integers(len(styles)))](image, rng)


def paint(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Broad strokes: edges kept, the rest smoothed away."""
    smooth = cv2.bilateralFilter(image, 9, rng.uniform(40, 120), rng.uniform(5, 15))
    return _u8(cv2.medianBlur(smooth, int(rng.choice((3, 5, 7)))))


def poster(image: Pixels, rng: np.random.Generator) -> Pixels:
    """A few flat colours."""
    levels = int(rng.choice((3, 4, 6)))
    smooth = cv2.medianBlur(np.ascontiguousarray(image), 5).astype(np.float32)
    flat = np.floor(smooth / 256 * levels) / (levels - 1) * 255
    return _u8(flat)


def pencil(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Grey or coloured pencil: the picture divided by its own blur."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    shaded = np.minimum(grey / np.maximum(cv2.GaussianBlur(grey, (0, 0), rng.uniform(2, 8)), 1), 1)
    strokes = (shaded ** rng.uniform(1, 4))[..., None]
    paper = np.full(3, 255.0) if rng.random() < 0.6 else rng.uniform(190, 255, 3)
    if rng.random() < 0.3:
        paper = 128 + image * 0.5
    return _u8(strokes * paper)


def outline(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Ink lines on paper, or chalk on a board."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), rng.uniform(0.6, 1.6))
    low = rng.uniform(20, 80)
    edges = cv2.Canny(grey, low, low * 2.5)
    if rng.random() < 0.6:
        edges = cv2.dilate(edges, np.ones((2, 2), np.uint8), iterations=int(rng.choice((1, 1, 2))))
    lines = cv2.GaussianBlur(edges, (0, 0), 0.6)[..., None].astype(np.float32) / 255
    paper, ink = rng.uniform(200, 255, 3), rng.uniform(0, 90, 3)
    if rng.random() < 0.25:
        paper, ink = ink, paper
    return _u8(paper * (1 - lines) + ink * lines)


def cartoon(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Flat colours inside dark outlines."""
    flat = poster(cv2.bilateralFilter(image, 7, 60, 7), rng)
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    edges = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, int(rng.choice((3, 6, 9)))
    )
    return _u8(cv2.bitwise_and(flat, flat, mask=edges))


def _u8(values: Any) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
