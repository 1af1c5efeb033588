"""The one-pixel attack: Su et al. 2019, "One Pixel Attack for Fooling Deep Neural Networks", section III."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Problem
from ml.attacks.norms import Floats

if TYPE_CHECKING:
    from ml.model import Model

Genes = npt.NDArray[np.float64]
# Values that one batch of queries may hold: 64 MB.
_VALUES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class OnePixel(Attack):
    """Replace `pixels` pixels, found by differential evolution from the model's answers alone.

    A candidate is the place and the values of each of them; its child, a + `weight`·(b − c) of three random
    candidates, takes its place if it is fitter. Fitness is the probability that the attack wants, and an
    image is left alone once its answer is. All images evolve together. ε does not bound the pixels.
    """

    bounded: ClassVar[bool] = False
    pixels: int = 1
    population: int = 400
    generations: int = 100
    weight: float = 0.5

    def __post_init__(self) -> None:
        if self.pixels < 1 or self.population < 4 or self.generations < 0 or self.weight <= 0:
            raise ValueError("pixels must be at least 1, population at least 4, weight above 0")

    def run(self, problem: Problem) -> Floats:
        if not len(problem.batch):
            return problem.batch.copy()
        genes = self._first(problem)
        fitness, images = np.full(genes.shape[:2], -np.inf), problem.batch.copy()
        rows = np.flatnonzero(~problem.success(problem.batch))
        for generation in range(self.generations + 1):
            if not len(rows):
                break
            children = self._children(genes[rows], problem.rng) if generation else genes[rows]
            part = problem.some(rows)
            fit = _fitness(part, children)
            better = fit > fitness[rows]
            fitness[rows] = np.where(better, fit, fitness[rows])
            genes[rows] = np.where(better[..., None, None], children, genes[rows])
            best = fitness[rows].argmax(axis=1)
            images[rows] = _painted(part.batch, genes[rows, best])
            rows = rows[~part.success(images[rows])]
        return images

    def _first(self, problem: Problem) -> Genes:
        """(N, population, pixels, 2 + C): places uniform, values normal around grey."""
        count, channels = len(problem.batch), problem.batch.shape[-1]
        shape = (count, self.population, self.pixels)
        places = problem.rng.uniform(0, 1, (*shape, 2))
        values = problem.rng.normal(128 / 255, 127 / 255, (*shape, channels))
        return np.clip(np.concatenate([places, values], axis=-1), 0, 1)

    def _children(self, genes: Genes, rng: np.random.Generator) -> Genes:
        # Three different parents each, none the candidate itself: the first three others of a random circle.
        count, size = genes.shape[:2]
        circle = rng.permuted(np.broadcast_to(np.arange(size), (count, size)), axis=1)
        place = np.argsort(circle, axis=1)
        rows = np.arange(count)[:, None]
        a, b, c = (genes[rows, circle[rows, (place + turn) % size]] for turn in (1, 2, 3))
        return np.clip(a + self.weight * (b - c), 0, 1)


def _painted(batch: Floats, genes: Genes) -> Floats:
    """`batch` (N, H, W, C) with the pixels of genes (N, pixels, 2 + C)."""
    images, (height, width) = batch.copy(), batch.shape[1:3]
    y = np.minimum((genes[..., 0] * height).astype(int), height - 1)
    x = np.minimum((genes[..., 1] * width).astype(int), width - 1)
    images[np.arange(len(batch))[:, None], y, x] = genes[..., 2:]
    return images


def _fitness(part: Problem, genes: Genes) -> npt.NDArray[np.float64]:
    """(N, population) log odds of leaving the label, or of the target: they rise as the probability does, but
    never saturate.
    """
    count, size = genes.shape[:2]
    owners, flat = np.repeat(np.arange(count), size), genes.reshape(count * size, *genes.shape[2:])
    goals = part.labels if part.targets is None else part.targets
    chunk = max(1, _VALUES // part.batch[0].size)
    odds = [
        _log_odds(part.model, _painted(part.batch[owner], flat[start : start + chunk]), goals[owner])
        for start in range(0, len(flat), chunk)
        for owner in [owners[start : start + chunk]]
    ]
    return np.concatenate(odds).reshape(count, size) * (-1 if part.targets is None else 1)


def _log_odds(model: "Model", images: Floats, goals: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(N,) log(p / (1 − p)) of the probability p of each image's goal."""
    logits = model.logits(images).astype(np.float64)
    own = np.take_along_axis(logits, goals[:, None], axis=1)[:, 0]
    np.put_along_axis(logits, goals[:, None], -np.inf, axis=1)
    return np.asarray(own - np.logaddexp.reduce(logits, axis=1))
