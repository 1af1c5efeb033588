"""Noise that knows nothing of the model: what an attack must beat to be one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.attacks.base import Attack, Problem
from ml.attacks.norms import Floats, Name


@dataclass(frozen=True, kw_only=True)
class _Noise(Attack):
    """The first of `draws` noises that succeeds, else the last."""

    can_target: ClassVar[bool] = True
    draws: int = 1

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ValueError("draws must be at least 1")

    def run(self, problem: Problem) -> Floats:
        best = self._noisy(problem)
        for _ in range(self.draws - 1):
            open_ = ~problem.success(best)
            if not open_.any():
                break
            best[open_] = self._noisy(problem.some(open_))
        return best

    def _noisy(self, problem: Problem) -> Floats:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class UniformNoise(_Noise):
    """Uniform in the ball of size ε."""

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")

    def _noisy(self, problem: Problem) -> Floats:
        return problem.project(
            problem.batch + problem.epsilon * problem.norm.random(problem.batch.shape, problem.rng)
        )


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(_Noise):
    """Normal numbers of standard deviation ε/2 in each value (linf), or of length ε (l2)."""

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")

    def _noisy(self, problem: Problem) -> Floats:
        noise = problem.rng.standard_normal(problem.batch.shape).astype(np.float32)
        scaled = noise / 2 if problem.norm.name == "linf" else problem.norm.steepest(noise)
        return problem.project(problem.batch + problem.epsilon * scaled)


@dataclass(frozen=True, kw_only=True)
class SaltAndPepper(_Noise):
    """A `share` of the pixels becomes black or white; ε does not bound it."""

    bounded: ClassVar[bool] = False
    share: float = 0.05

    def _noisy(self, problem: Problem) -> Floats:
        count, height, width, _ = problem.batch.shape
        hit = problem.rng.random((count, height, width, 1)) < self.share
        value = problem.rng.integers(0, 2, (count, height, width, 1)).astype(np.float32)
        return np.where(hit, value, problem.batch)
