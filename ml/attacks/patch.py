"""The adversarial patch: Brown et al. 2017, "Adversarial Patch"."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.adam import Adam
from ml.attacks.base import Attack, Problem
from ml.attacks.norms import Floats

if TYPE_CHECKING:
    from ml.model import Model

Doubles = npt.NDArray[np.float64]
Corner = tuple[npt.NDArray[np.int64], Doubles]


@dataclass(frozen=True, kw_only=True, eq=False)
class Patch(Attack):
    """Paste a round patch, cut out of `pixels` (S, S, C) in [0, 1], onto each image.

    Its diameter is a random share from `smallest` to `largest` of the image's shorter side, its place random
    but inside the image, its turn random up to `turn` degrees either way.
    """

    bounded: ClassVar[bool] = False
    pixels: Floats
    smallest: float
    largest: float
    turn: float

    def run(self, problem: Problem) -> Floats:
        return _Places(self, problem).paste(problem.batch, self.pixels)


@dataclass(frozen=True, kw_only=True)
class AdversarialPatch(Attack):
    """Learn a patch that works wherever it lies, by Adam over random images, places, sizes and turns.

    Called, it learns from the very images that it attacks; `fit` gives it to others. ε does not bound it.
    """

    bounded: ClassVar[bool] = False
    smallest: float = 0.3
    largest: float = 0.5
    turn: float = 22.5
    steps: int = 500
    batch_size: int = 32
    rate: float = 0.05

    def __post_init__(self) -> None:
        if not (0 < self.smallest <= self.largest <= 1 and 0 <= self.turn <= 180):
            raise ValueError("sizes must be shares of the side, the turn at most 180 degrees")
        if self.steps < 1 or self.batch_size < 1 or self.rate <= 0:
            raise ValueError("steps and batch_size must be at least 1, rate above 0")

    def run(self, problem: Problem) -> Floats:
        return self._learned(problem).run(problem) if len(problem.batch) else problem.batch.copy()

    def fit(
        self,
        model: "Model",
        batch: Floats,
        *,
        labels: npt.ArrayLike | None = None,
        target: int | npt.ArrayLike | None = None,
        seed: int = 0,
    ) -> Patch:
        """The patch learned from `batch`, at least one image; arguments and errors are a call's."""
        return self._learned(self._checked(model, batch, None, None, labels, target, seed))

    def _learned(self, problem: Problem) -> Patch:
        height, width, channels = problem.batch.shape[1:]
        side = max(2, round(self.largest * min(height, width)))
        pixels = np.full((side, side, channels), 0.5, np.float32)
        adam = Adam(pixels.shape, self.rate)
        size = min(self.batch_size, len(problem.batch))
        for _ in range(self.steps):
            part = problem.some(problem.rng.choice(len(problem.batch), size, replace=False))
            patch = self._patch(pixels)
            places = _Places(patch, part)
            climb = problem.model.climb(places.paste(part.batch, pixels), part.labels, part.targets)
            pixels = np.clip(pixels + adam.step(-places.pull(climb.gradient, pixels.shape)), 0, 1)
        return self._patch(pixels)

    def _patch(self, pixels: Floats) -> Patch:
        return Patch(pixels=pixels, smallest=self.smallest, largest=self.largest, turn=self.turn)


class _Places:
    """Where the patch lies on each image of a problem: for each of their pixels, four of the patch's."""

    def __init__(self, patch: Patch, problem: Problem) -> None:
        (count, height, width, _), rng, side = problem.batch.shape, problem.rng, len(patch.pixels)
        radius = rng.uniform(patch.smallest, patch.largest, (count, 1, 1)) * min(height, width) / 2
        turn = np.radians(rng.uniform(-patch.turn, patch.turn, (count, 1, 1)))
        y = np.arange(height)[:, None] + 0.5 - rng.uniform(radius, height - radius)
        x = np.arange(width) + 0.5 - rng.uniform(radius, width - radius)
        # Into the patch's own frame, where it is the unit circle.
        v = (np.cos(turn) * y - np.sin(turn) * x) / radius
        u = (np.sin(turn) * y + np.cos(turn) * x) / radius
        self.inside = (u**2 + v**2 <= 1)[..., None]
        self._corners = list(_bilinear(v, u, side))

    def paste(self, batch: Floats, pixels: Floats) -> Floats:
        flat = pixels.reshape(-1, pixels.shape[-1])
        seen = sum(flat[index] * share[..., None] for index, share in self._corners)
        return np.where(self.inside, seen, batch).astype(np.float32)

    def pull(self, gradient: Floats, shape: tuple[int, ...]) -> Floats:
        """The gradient in the patch's pixels (S, S, C) of a loss with `gradient` in the images."""
        felt, total = gradient * self.inside, np.zeros((shape[0] * shape[1], shape[2]))
        for index, share in self._corners:
            for channel in range(shape[2]):
                weights = (felt[..., channel] * share).ravel()
                total[:, channel] += np.bincount(index.ravel(), weights, minlength=len(total))
        return total.reshape(shape).astype(np.float32)


def _bilinear(v: Doubles, u: Doubles, side: int) -> Iterator[Corner]:
    """Index among the side² pixels and share of each of the four around (v, u) in [-1, 1]²."""
    y, x = ((np.clip(each, -1, 1) + 1) / 2 * (side - 1) for each in (v, u))
    top, left = (np.minimum(each.astype(int), side - 2) for each in (y, x))
    for row in (0, 1):
        for column in (0, 1):
            shares = (y - top if row else top + 1 - y), (x - left if column else left + 1 - x)
            yield (top + row) * side + left + column, shares[0] * shares[1]
