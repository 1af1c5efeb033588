"""Which model reads an image when nobody chose one."""

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageFilter

from ml.errors import OptionRefused, sentence
from ml.images import Floats, Pixels
from predictor import engine

AUTO = "auto"


def model_for(*, choice: str, pixels: Pixels) -> str:
    """The model a person chose, or with AUTO the first of the domain that the pixels look like.

    Raises:
        OptionRefused: there is no such model.
    """
    choice_check(choice)
    if choice != AUTO:
        return choice
    domain = "digits" if looks_like_ink(pixels) else "photos"
    return min(engine.cards(), key=lambda card: card.domain != domain).name


def choice_check(choice: str) -> None:
    """Refuse a choice that leads to no model.

    Raises:
        OptionRefused: there is no such model, or none at all.
    """
    names = [card.name for card in engine.cards()]
    if not names:
        raise OptionRefused(sentence("No model is installed."))
    if choice not in (AUTO, *names):
        raise OptionRefused(sentence("There is no model called “%(name)s”."), name=choice)


def looks_like_ink(pixels: Pixels) -> bool:
    """Whether uint8 (H, W, 3) pixels are a digit on paper or on a screen rather than a photo.

    A 28×28 grey image is MNIST's own form, so it is one. Any other is one when it has little colour and,
    once slow changes of light are taken out, a small part of it stands out from a smooth ground in one
    direction (all darker or all lighter) and a straight line crosses it two or three times at most: strokes,
    not wheels and windows. Their edges are crisp; soft ones pass on a smoother ground. A guess from plain
    arithmetic, without OpenCV, which a bare server may not be able to load; the page lets the person switch.
    Where it was tuned it sent 5 in 900 vehicle photos the wrong way, 3 in 100 digits on paper or screen, and
    6 in 100 very blurred ones.
    """
    if pixels.shape[:2] == (28, 28) and np.ptp(pixels.astype(np.int16), axis=-1).max() <= 8:
        return True
    small = Picture.fromarray(pixels).resize((96, 96), Picture.Resampling.BOX)
    if np.quantile(np.ptp(np.asarray(small).astype(np.float32), axis=-1), 0.9) >= 70:
        return False
    relief = _relief(small)
    contrast = float(np.quantile(relief, 0.99))
    if contrast < 20:
        return False
    ink = relief > contrast / 2
    if ink.mean() >= 0.25 or (relief < -contrast / 3).mean() >= 0.05:
        return False
    rough = float(np.quantile(np.abs(relief[~ink]), 0.8)) / contrast
    between = (relief > 0.3 * contrast) & (relief < 0.6 * contrast)
    soft = float(between.sum()) / float(ink.sum())
    crossed = _crossings(ink)
    crisp_strokes = rough < 0.2 and soft < 0.5 and crossed < 2.6
    soft_strokes = rough < 0.12 and soft < 1.25 and crossed < 2.4
    return crisp_strokes or soft_strokes


def _relief(small: Picture.Image) -> Floats:
    """How far each pixel stands out from its wide surroundings, in the direction of the stronger side."""
    grey = small.convert("L")
    ground = grey.filter(ImageFilter.MedianFilter(41)).filter(ImageFilter.GaussianBlur(4))
    relief = np.asarray(grey).astype(np.float32) - np.asarray(ground).astype(np.float32)
    return relief if np.quantile(relief, 0.99) > np.quantile(-relief, 0.99) else -relief


def _crossings(ink: npt.NDArray[np.bool_]) -> float:
    """How often a row or a column that meets the ink enters it, on average; the larger of the two."""
    averages = []
    for axis in (0, 1):
        entries = (np.diff(ink.astype(np.int8), axis=axis) == 1).sum(axis=axis)
        met = ink.any(axis=axis)
        averages.append(float(entries[met].mean()) if met.any() else 0.0)
    return max(averages)
