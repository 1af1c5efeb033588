"""The fast adaptive boundary attack: Croce & Hein 2020, "Minimally distorted Adversarial Examples with a Fast
Adaptive Boundary Attack", algorithm 1.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Labels, Problem
from ml.attacks.boundaries import boundaries, leaders, rivals, towards
from ml.attacks.norms import TINY, Floats, Name
from ml.attacks.smallest import Smallest

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class FAB(Attack):
    """Step onto the linearised boundary, drawn towards the point of it that is nearest to the original.

    Each step goes `beyond` the boundary (η); the pull to the original is at most `bias` (α); from an image
    that fooled the model the next step starts `back` (β) of the way. The boundary is the nearest of those
    to the `classes` likeliest other classes, or with `separately` each of them has a run of its own (FAB-T
    of AutoAttack, for the same number of gradients). With `until_solved` an image is left alone once it
    fooled the model within ε, which then is not its smallest.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    minimal: ClassVar[bool] = True
    steps: int = 100
    restarts: int = 1
    classes: int = 9
    separately: bool = False
    until_solved: bool = False
    beyond: float = 1.05
    bias: float = 0.1
    back: float = 0.9

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1 or self.classes < 1:
            raise ValueError("steps, restarts and classes must be at least 1")
        if self.beyond < 1 or not (0 <= self.bias <= 1 and 0 < self.back < 1):
            raise ValueError("beyond must be at least 1, bias and back a share")

    def run(self, problem: Problem) -> Floats:
        found = Smallest(problem)
        logits, every = problem.model.logits(problem.batch), np.arange(len(problem.batch))
        found.offer(every, problem.batch, problem.fooled(logits.argmax(axis=-1)))
        choice = rivals(problem, logits, self.classes)
        runs = [choice[:, [k]] for k in range(choice.shape[1])] if self.separately else [choice]
        for restart in range(self.restarts):
            for each in runs:
                self._search(problem, each, found, first=restart == 0)
        found.shorten(_HALVINGS)
        return found.settled()

    def _search(self, problem: Problem, choice: Labels, found: Smallest, *, first: bool) -> None:
        rows = self._open(np.flatnonzero(found.sizes > 0), found)
        batch = problem.batch.copy() if first else _scattered(problem, found)
        logits = problem.model.logits(batch)
        for _ in range(self.steps):
            if not len(rows):
                break
            part = problem.some(rows)
            current = self._step(part, batch[rows], leaders(part, logits[rows]), choice[rows])
            logits[rows] = part.model.logits(current)
            fooled = part.fooled(logits[rows].argmax(axis=-1))
            found.offer(rows, current, fooled)
            nearer = part.batch + np.float32(self.back) * (current - part.batch)
            batch[rows] = np.where(fooled[:, None, None, None], nearer, current)
            rows = self._open(rows, found)

    def _step(self, part: Problem, batch: Floats, ahead: Labels, choice: Labels) -> Floats:
        planes = boundaries(part.model, batch, ahead, choice)
        gaps, normals, _ = planes.nearest(part.norm)
        here = towards(batch, normals, gaps, part.norm)
        original_gaps = gaps + (normals * (part.batch - batch)).sum(axis=(1, 2, 3))
        there = towards(part.batch, normals, original_gaps, part.norm)
        near, far = part.norm.size(here), part.norm.size(there)
        pull = np.minimum(near / np.maximum(near + far, TINY), self.bias)[:, None, None, None]
        eta = np.float32(self.beyond)
        mixed = (1 - pull) * (batch + eta * here) + pull * (part.batch + eta * there)
        return np.clip(mixed, 0, 1).astype(np.float32)

    def _open(self, rows: Rows, found: Smallest) -> Rows:
        """Those of `rows` that are worth another step."""
        return rows[~found.found[rows]] if self.until_solved else rows


def _scattered(problem: Problem, found: Smallest) -> Floats:
    """A random start in half the ball that is still of interest."""
    radius = np.minimum(found.sizes[:, None, None, None], problem.epsilon) / 2
    noise = problem.norm.random(problem.batch.shape, problem.rng)
    return np.clip(problem.batch + radius * noise, 0, 1).astype(np.float32)


# To a thousandth of the size; it costs next to nothing beside the steps.
_HALVINGS = 10
