"""Activation maximisation: a picture of what a network calls a class, by gradient ascent on the pixels.

Without help the ascent ends in noise that a network is sure of and a person cannot read. Each regulariser
keeps one kind of that noise away: total variation (differences between neighbours), L2 (brightness that
nothing asks for), blur now and then (high frequencies), jitter and grain (patterns that work at one place, or
on one exact value, only).

Sources: Erhan, Bengio, Courville, Vincent 2009, "Visualizing higher-layer features of a deep network";
Simonyan, Vedaldi, Zisserman 2014, "Deep inside convolutional networks" (L2);
Yosinski, Clune, Nguyen, Fuchs, Lipson 2015, "Understanding neural networks through deep visualization"
(blur);
Mahendran, Vedaldi 2015, "Understanding deep image representations by inverting them" (total variation);
Mordvintsev, Olah, Tyka 2015, "Inceptionism" (jitter).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.images import to_float, to_pixels
from ml.model import Model
from ml.verdict import softmax

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

# Differences far below this, a quarter of a grey level, do not count as an edge in the total variation.
SMOOTH = 1e-3


@dataclass(frozen=True, kw_only=True)
class Ascent:
    """How the pixels climb, in [0, 1] units.

    Args:
        rate: how far a pixel goes in the first step; it falls linearly to 0.
        temperature: by which logits are divided: the higher, the further p(class) is from 1, where nothing
            would be left to climb.
        least: how much of the rate remains where p(class) is 1. A network may be sure of a plain image, which
            would stay plain without this.
        looks: moved and grainy copies whose gradients are averaged in each step.
        jitter: a copy is moved by up to so many pixels, going out at one side and in at the other.
        grain: standard deviation of the noise of a copy.
        total_variation: weight of Σ √(difference² + SMOOTH²) over neighbouring pixels.
        l2: weight of Σ (pixel - start)² / 2.
        blur: standard deviation in pixels of a Gaussian blur after each `blur_every` steps. It falls linearly
            to 0 at three quarters of the steps: large forms first, then edges.
        start: the grey that the image begins with.
    """

    steps: int = 100
    rate: float = 0.2
    temperature: float = 5.0
    least: float = 0.2
    looks: int = 4
    jitter: int = 2
    grain: float = 0.1
    total_variation: float = 0.05
    l2: float = 0.05
    blur: float = 1.3
    blur_every: int = 4
    start: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """`images` (N, H, W, C) uint8, one for each class asked for; `probabilities` (N, classes) of these."""

    images: Pixels
    probabilities: Floats


def maximise(
    model: Model, class_indices: Sequence[int], *, ascent: Ascent | None = None, seed: int = 0
) -> Result:
    """For each of `class_indices` an image of which the network says that class; all climb together.

    What rises is log p(class) at the temperature. Its gradient is divided by its own root mean square and
    multiplied by 1 - p(class), or by `least`, so that the weights of the regularisers mean the same for
    every model. The same seed gives the same images.

    Raises:
        NotANetwork: the model has no gradient.
    """
    how = ascent or Ascent()
    rng = np.random.default_rng(seed)
    wanted = np.eye(len(model.class_names), dtype=np.float32)[np.asarray(class_indices, np.int64)]
    images = np.full((len(wanted), *model.input_shape), how.start, np.float32)
    for step in range(how.steps):
        climb = _climb(model, images, wanted, how, rng)
        climb -= how.total_variation * _variation_gradient(images) + how.l2 * (images - np.float32(how.start))
        images = np.clip(images + np.float32(how.rate * (1 - step / how.steps)) * climb, 0, 1)
        deviation = how.blur * (1 - step / (0.75 * how.steps))
        if deviation > 0 and (step + 1) % how.blur_every == 0:
            images = _blurred(images, deviation)
    pixels = to_pixels(images)
    return Result(images=pixels, probabilities=model.probabilities(to_float(pixels)))


def _climb(model: Model, images: Floats, wanted: Floats, how: Ascent, rng: np.random.Generator) -> Floats:
    """The way up, the mean over all looks: each look's gradient is moved back before."""
    moves = rng.integers(-how.jitter, how.jitter + 1, (how.looks, 2))
    seen = np.concatenate([np.roll(images, move, (1, 2)) for move in moves])
    seen = np.clip(seen + rng.normal(0, how.grain, seen.shape), 0, 1).astype(np.float32)
    target = np.tile(wanted, (how.looks, 1))
    lacking = target - softmax(model.logits(seen) / np.float32(how.temperature))
    # ∂ log p(class) / ∂ logits is target - p, but for the factor 1/temperature, which normalising removes.
    gradient = _normalised(model.pullback(seen, lacking)[1])
    gradient *= np.maximum((lacking * target).sum(axis=-1), how.least)[:, None, None, None]
    looks = gradient.reshape(how.looks, *images.shape)
    return np.mean([np.roll(each, -move, (1, 2)) for each, move in zip(looks, moves, strict=True)], axis=0)


def _normalised(gradient: Floats) -> Floats:
    size = np.sqrt(np.mean(gradient**2, axis=(1, 2, 3), keepdims=True))
    return gradient / np.maximum(size, np.float32(1e-12))


def _variation_gradient(images: Floats) -> Floats:
    """∂ Σ √(difference² + SMOOTH²) / ∂ images, over differences to the right and downward neighbours."""
    gradient = np.zeros_like(images)
    for axis in (1, 2):
        difference = np.diff(images, axis=axis)
        slope = difference / np.sqrt(difference**2 + np.float32(SMOOTH**2))
        before, after = [(0, 0)] * 4, [(0, 0)] * 4
        before[axis], after[axis] = (1, 0), (0, 1)
        gradient += np.pad(slope, before) - np.pad(slope, after)
    return gradient


def _blurred(images: Floats, deviation: float) -> Floats:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(images, (0, deviation, deviation, 0), mode="nearest"), np.float32)
