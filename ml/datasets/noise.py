"""Noise on grey images: Gaussian, salt and pepper, blur, lost contrast; at level 0 each changes nothing.

| kind | level | what it does |
|---|---|---|
| `gaussian` | standard deviation, in units of the range [0, 1] | added to every pixel, then clipped |
| `salt-and-pepper` | share of the pixels, at most 1 | these become black or white, equally likely |
| `blur` | standard deviation in pixels | convolution with a Gaussian, black beyond the edge |
| `contrast` | share that is lost, at most 1 | x becomes 0.5 + (1 - level)(x - 0.5) |
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from ml.errors import OptionRefused, sentence

Floats = npt.NDArray[np.float32]
# No training draws its random numbers from this seed: the noise of test images is never learned.
TEST_SEED = 2000


def check(kind: str, level: float) -> None:
    """Raise OptionRefused unless there is such a noise with such a level."""
    if kind not in KINDS:
        raise OptionRefused(
            sentence("There is no noise %(kind)s; there are: %(kinds)s."), kind=kind, kinds=", ".join(KINDS)
        )
    if not 0 <= level <= HIGHEST[kind]:
        raise OptionRefused(
            sentence("The noise %(kind)s cannot have the level %(level)s."), kind=kind, level=level
        )


def make(
    kind: str, images: Floats, level: float | npt.NDArray[np.floating], rng: np.random.Generator
) -> Floats:
    """Noisy copies of `images` (N, H, W, 1) in [0, 1]. `level` is one for all, or (N,), one for each image.

    Raises:
        OptionRefused: no such noise, or a level that it cannot have.
    """
    levels = np.broadcast_to(np.asarray(level, np.float32), (len(images),))
    for bound in (levels.min(initial=0), levels.max(initial=0)):
        check(kind, float(bound))
    return KINDS[kind](images, levels[:, None, None, None], rng)


def test(kind: str, images: Floats, level: float) -> Floats:
    """`make` with random numbers that are always the same, so that all networks are measured on one set."""
    check(kind, level)
    seed = (TEST_SEED, list(KINDS).index(kind) + 1, round(1000 * level))
    return make(kind, images, level, np.random.default_rng(seed))


def mixed(images: Floats, highest: Mapping[str, float], clean: float, rng: np.random.Generator) -> Floats:
    """`images`, a share `clean` of them as they are, each other under one noise of a level up to `highest`.

    The kinds of noise in `highest` are equally likely; so are all levels from 0 to the highest.
    """
    noisy = images.copy()
    kinds = list(highest)
    which = np.where(rng.random(len(images)) < clean, -1, rng.integers(len(kinds), size=len(images)))
    for number, kind in enumerate(kinds):
        part = np.flatnonzero(which == number)
        noisy[part] = make(kind, images[part], rng.uniform(0, highest[kind], len(part)), rng)
    return noisy


def _gaussian(images: Floats, levels: Floats, rng: np.random.Generator) -> Floats:
    return np.asarray(
        np.clip(images + levels * rng.standard_normal(images.shape, np.float32), 0, 1), np.float32
    )


def _salt_and_pepper(images: Floats, levels: Floats, rng: np.random.Generator) -> Floats:
    chance = rng.random(images.shape, np.float32)
    return np.asarray(np.where(chance < levels, chance < levels / 2, images), np.float32)


def _blur(images: Floats, levels: Floats, rng: np.random.Generator) -> Floats:
    """Each image with its own matrix of weights B: B · image · Bᵀ, as the Gaussian is separable."""
    rows, columns = (_weights(side, levels[:, 0, 0, 0]) for side in images.shape[1:3])
    blurred = rows @ images[..., 0] @ columns.transpose(0, 2, 1)
    # Weights in float32 may add up to a little more than 1.
    return np.asarray(np.clip(blurred, 0, 1)[..., None], np.float32)


def _weights(side: int, deviations: Floats) -> Floats:
    """(N, side, side): the weight of pixel j in the blurred pixel i, for each standard deviation."""
    # Below a fiftieth of a pixel the neighbours' weights are 0 in float32 anyway.
    safe = np.maximum(deviations.astype(np.float64), 0.02)[:, None]
    distances = np.arange(-4 * side, 4 * side + 1)
    kernel = np.exp(-0.5 * (distances / safe) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    pixels = np.arange(side)
    return kernel[:, pixels[:, None] - pixels + 4 * side].astype(np.float32)


def _contrast(images: Floats, levels: Floats, rng: np.random.Generator) -> Floats:
    return np.asarray(0.5 + (1 - levels) * (images - 0.5), np.float32)


KINDS: dict[str, Callable[[Floats, Floats, np.random.Generator], Floats]] = {
    "gaussian": _gaussian,
    "salt-and-pepper": _salt_and_pepper,
    "blur": _blur,
    "contrast": _contrast,
}
HIGHEST = {"gaussian": 10.0, "salt-and-pepper": 1.0, "blur": 10.0, "contrast": 1.0}
