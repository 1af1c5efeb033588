"""Projected gradient descent: Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial
Attacks", section 2.1.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Floats, Problem


@dataclass(frozen=True, kw_only=True)
class PGD(Attack):
    """`steps` signed steps of `relative_step`·ε, each projected back.

    With `restarts`, images that still resist are attacked again from another random start.
    """

    steps: int = 40
    relative_step: float = 0.025
    random_start: bool = True
    restarts: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1 or self.relative_step <= 0:
            raise ValueError("steps and restarts must be at least 1, relative_step above 0")

    def run(self, problem: Problem) -> Floats:
        best = self._climb(problem)
        for _ in range(self.restarts - 1):
            open_ = ~problem.success(best)
            if not open_.any():
                break
            best[open_] = self._climb(problem)[open_]
        return best

    def _climb(self, problem: Problem) -> Floats:
        batch = self._start(problem)
        for _ in range(self.steps):
            step = np.float32(self.relative_step * problem.epsilon) * np.sign(problem.ascent(batch))
            batch = problem.project(batch + step)
        return batch

    def _start(self, problem: Problem) -> Floats:
        if not self.random_start:
            return problem.batch.copy()
        noise: npt.NDArray[np.float64] = problem.rng.uniform(-1, 1, problem.batch.shape)
        return problem.project(problem.batch + (problem.epsilon * noise).astype(np.float32))
