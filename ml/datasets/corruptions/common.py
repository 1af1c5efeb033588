"""Corruptions that both suites have, with other parameters: noise, motion blur, fog, brightness."""

import numpy as np

from ml.datasets.corruptions.base import Draws, Floats, rounded, scale
from ml.datasets.corruptions.plasma import clouds


def shot_noise(batch: Floats, draws: Draws, photons: float) -> Floats:
    """Counted light: a white pixel is hit by `photons` on average, Poisson distributed."""
    return draws.poisson(batch * np.float32(photons)) / np.float32(photons)


def impulse_noise(batch: Floats, draws: Draws, share: float) -> Floats:
    """A share of the values becomes 0 or 1, equally likely."""
    chance = draws.uniform(0, 1, *batch.shape[1:])
    return np.where(chance < share, (chance < share / 2).astype(np.float32), batch)


def brightness(batch: Floats, draws: Draws, more: float) -> Floats:
    """`more` is added to the value of HSV, the largest channel; hue and saturation stay."""
    value = batch.max(axis=3, keepdims=True)
    brighter = np.minimum(value + np.float32(more), 1)
    # Black has no hue: it becomes grey.
    return np.where(value > 0, batch / np.where(value > 0, value, 1), 1) * brighter


def fog(batch: Floats, draws: Draws, thickness: float, decay: float) -> Floats:
    """Clouds laid over the image, then darkened so that the brightest pixel would stay as bright.

    The map is a power of two in size and normalised before its corner is cut out: 256 for digits and for
    photos of 224, for other photos the next one that covers them.
    """
    side = batch.shape[1]
    size = max(256, side) if batch.shape[3] == 1 else side
    whole = clouds(draws, 1 << (size - 1).bit_length(), decay)
    brightest = batch.max(axis=(1, 2, 3), keepdims=True)
    foggy = batch + np.float32(thickness) * whole[:, :side, :side, None]
    return foggy * brightest / (brightest + np.float32(thickness))


def motion_blur(batch: Floats, draws: Draws, radius: float, sigma: float) -> Floats:
    """Blur along a random direction, up to 45° from the horizontal; rounded to 8 bits, as published."""
    return streaked(batch, draws.uniform(-45, 45), radius, sigma)


def streaked(batch: Floats, degrees: Floats, radius: float, sigma: float) -> Floats:
    """The motion blur of ImageMagick, which the generators call, along `degrees` (N,).

    2·radius + 1 pixels along a ray, the pixel itself first, weighted by half a Gaussian; each place is
    rounded to a pixel, the edge goes on beyond itself, and the result is rounded to 8 bits. Radius and
    sigma are in pixels of the published size.
    """
    factor = scale(batch)
    steps = np.arange(2 * int(np.ceil(radius * factor)) + 1)
    weights = np.exp(-0.5 * (steps / (sigma * factor)) ** 2)
    # What rounds to nothing in 8 bits would only cost time.
    weights = weights[weights > weights.sum() / 2000]
    weights = (weights / weights.sum()).astype(np.float32)
    angles = np.deg2rad(degrees)
    right = np.ceil(np.outer(np.cos(angles), steps) - 0.5).astype(int)
    down = np.ceil(np.outer(np.sin(angles), steps) - 0.5).astype(int)
    margin, side = len(weights), batch.shape[1]
    padded = np.pad(batch, ((0, 0), (margin, margin), (margin, margin), (0, 0)), "edge")
    blurred = np.zeros_like(batch)
    for image, sums, x, y in zip(padded, blurred, right + margin, down + margin, strict=True):
        for step, weight in enumerate(weights):
            sums += weight * image[y[step] : y[step] + side, x[step] : x[step] + side]
    return rounded(blurred)
