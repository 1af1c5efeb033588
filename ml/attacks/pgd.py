"""Projected gradient descent: Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial
Attacks", section 2.1; and the basic iterative method: Kurakin et al. 2017, "Adversarial Examples in the
Physical World".
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.attacks.base import Attack, Problem
from ml.attacks.norms import Floats, Name

# How far all steps go together, in ε, unless the size of one is asked for.
REACH = 2.5


@dataclass(frozen=True, kw_only=True)
class PGD(Attack):
    """`steps` steepest steps of `relative_step`·ε, each projected back; by default of 2.5·ε/`steps`.

    That default is Madry et al.'s where ε varies (section 5): all steps together reach the boundary of the
    ball from any start inside it, which may be 2 ε away, and can still move along it.

    With `restarts`, images that still resist are attacked again from another random start. With
    `until_solved` an image whose answer has changed is left as it is: the same success for less work, but
    not the image of the largest loss.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    steps: int = 40
    relative_step: float | None = None
    random_start: bool = True
    restarts: int = 1
    until_solved: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1 or self._share <= 0:
            raise ValueError("steps and restarts must be at least 1, relative_step above 0")

    @property
    def _share(self) -> float:
        return REACH / self.steps if self.relative_step is None else self.relative_step

    def run(self, problem: Problem) -> Floats:
        best = self._climb(problem)
        for _ in range(self.restarts - 1):
            open_ = ~problem.success(best)
            if not open_.any():
                break
            best[open_] = self._climb(problem.some(open_))
        return best

    def _climb(self, problem: Problem) -> Floats:
        batch = self._start(problem)
        if not self.until_solved:
            for _ in range(self.steps):
                batch = self._step(problem, batch)
            return batch
        for _ in range(self.steps):
            open_ = np.flatnonzero(~problem.success(batch))
            if not len(open_):
                break
            batch[open_] = self._step(problem.some(open_), batch[open_])
        return batch

    def _step(self, problem: Problem, batch: Floats) -> Floats:
        step = np.float32(self._share) * problem.epsilon
        # From a random start nobody expects the images of another tool.
        ascent = problem.ascent(batch, exact=not self.random_start)
        return problem.project(batch + step * problem.norm.steepest(ascent))

    def _start(self, problem: Problem) -> Floats:
        if not self.random_start:
            return problem.batch.copy()
        return problem.project(
            problem.batch + problem.epsilon * problem.norm.random(problem.batch.shape, problem.rng)
        )


@dataclass(frozen=True, kw_only=True)
class BIM(PGD):
    """PGD from the image itself; Kurakin's ten steps."""

    steps: int = 10
    relative_step: float = 0.1
    random_start: bool = False
