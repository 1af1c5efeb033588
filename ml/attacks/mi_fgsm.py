"""Momentum iterative FGSM: Dong et al. 2018, "Boosting Adversarial Attacks with Momentum", algorithm 1."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.attacks.base import Attack, Problem
from ml.attacks.norms import TINY, Floats, Name, by_largest


@dataclass(frozen=True, kw_only=True)
class MIFGSM(Attack):
    """`steps` steps of ε/steps along the gradients' running sum, which forgets by `decay` a step.

    The direction is steadier than BIM's, so that the images fool other models more often.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    steps: int = 10
    decay: float = 1.0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.decay < 0:
            raise ValueError("steps must be at least 1, decay not negative")

    def run(self, problem: Problem) -> Floats:
        batch, momentum = problem.batch.copy(), np.zeros_like(problem.batch)
        for _ in range(self.steps):
            gradient = by_largest(problem.ascent(batch))
            gradient /= np.maximum(np.abs(gradient).sum(axis=(1, 2, 3), keepdims=True), TINY)
            momentum = np.float32(self.decay) * momentum + gradient
            batch = problem.project(batch + problem.epsilon / self.steps * problem.norm.steepest(momentum))
        return batch
