"""Digits from scikit-learn's bundled `load_digits`: real handwriting, 8 by 8, smoothly enlarged."""

import numpy as np
from PIL import Image

INK, PAPER = 35, 246


def _enlarged(digit: int, which: int, side: int) -> Image.Image:
    """One of the handwritten `digit`s as white on black, `side` pixels wide."""
    from sklearn.datasets import load_digits

    data = load_digits()
    small = data.images[np.flatnonzero(data.target == digit)[which]]
    # The strokes reach the edge of the 8 by 8 box: a margin lets them end round.
    padded = np.pad(small / 16 * 255, 2)
    return Image.fromarray(np.uint8(padded)).resize((side, side), Image.Resampling.BICUBIC)


def _sharper(picture: Image.Image) -> Image.Image:
    """Make the blurred edge of the enlargement as narrow as that of a pen."""
    values = np.asarray(picture, dtype=np.float64) / 255
    return Image.fromarray(np.uint8(255 / (1 + np.exp(-(values - 0.5) * 14)) + 0.5))


def on_paper(digit: int, which: int) -> Image.Image:
    """Dark ink on light paper, 280 by 280."""
    ink = np.asarray(_sharper(_enlarged(digit, which, 280)), dtype=np.float64) / 255
    return Image.fromarray(np.uint8(PAPER + (INK - PAPER) * ink))


def on_black(digit: int, which: int) -> Image.Image:
    """White on black, 280 by 280."""
    return _sharper(_enlarged(digit, which, 280))


def as_mnist(digit: int, which: int) -> Image.Image:
    """White on black, 28 by 28."""
    return _sharper(_enlarged(digit, which, 112)).resize((28, 28), Image.Resampling.LANCZOS)
