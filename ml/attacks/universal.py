"""One perturbation for all images: Shafahi et al. 2020, "Universal Adversarial Training", algorithm 1."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Problem
from ml.attacks.norms import Floats, Name

if TYPE_CHECKING:
    from ml.model import Model


@dataclass(frozen=True, kw_only=True, eq=False)
class Perturbation(Attack):
    """Add one `delta` (H, W, C) to every image, shrunk where the ε asked for is smaller."""

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    delta: Floats

    def run(self, problem: Problem) -> Floats:
        return problem.project(problem.batch + self.delta)


@dataclass(frozen=True, kw_only=True)
class UniversalPerturbation(Attack):
    """Learn one perturbation by steepest steps up the loss of random batches; add it to every image.

    An image counts only while its cross-entropy is below `enough` (the paper's β), or a few would be fooled
    ever better. Of the perturbations after each epoch the one that fools the most images is kept. Called, it
    learns from the very images that it attacks; `fit` gives it to others.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    epochs: int = 10
    batch_size: int = 64
    relative_step: float = 0.1
    enough: float = 9.0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1 or self.relative_step <= 0 or self.enough <= 0:
            raise ValueError("epochs and batch_size must be at least 1, relative_step and enough above 0")

    def run(self, problem: Problem) -> Floats:
        return problem.project(problem.batch + problem.epsilon * self._direction(problem))

    def fit(
        self,
        model: "Model",
        batch: Floats,
        *,
        epsilon: float,
        norm: Name | None = None,
        labels: npt.ArrayLike | None = None,
        target: int | npt.ArrayLike | None = None,
        seed: int = 0,
    ) -> Perturbation:
        """The perturbation of size ≤ `epsilon` learned from `batch`; arguments and errors are a call's."""
        problem = self._checked(model, batch, epsilon, norm, labels, target, seed)
        return Perturbation(delta=(np.float32(epsilon) * self._direction(problem))[0])

    def _direction(self, problem: Problem) -> Floats:
        """(1, H, W, C) of size ≤ 1."""
        best = delta = np.zeros((1, *problem.batch.shape[1:]), np.float32)
        fooled, one = -1, np.ones((1, 1, 1, 1), np.float32)
        for _ in range(self.epochs if len(problem.batch) else 0):
            order = problem.rng.permutation(len(problem.batch))
            for start in range(0, len(order), self.batch_size):
                part = problem.some(order[start : start + self.batch_size])
                step = part.norm.steepest(self._ascent(part, delta)[None])
                delta = part.norm.shrink(delta + np.float32(self.relative_step) * step, one)
            now = int(problem.success(problem.project(problem.batch + problem.epsilon * delta)).sum())
            if now > fooled:
                best, fooled = delta, now
        return best

    def _ascent(self, part: Problem, delta: Floats) -> Floats:
        """The gradient (H, W, C) to climb, of the sum over the images that still count."""
        images = part.project(part.batch + part.epsilon * delta)
        climb = part.model.climb(images, part.labels, part.targets)
        counts = climb.losses < self.enough if part.targets is None else np.ones(len(images), bool)
        return np.asarray((climb.gradient * part.epsilon)[counts].sum(axis=0), np.float32)
