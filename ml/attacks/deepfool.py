"""DeepFool: Moosavi-Dezfooli et al. 2016, "DeepFool: a simple and accurate method to fool deep neural
networks", algorithm 2 (l2) and section 3.3 (linf).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.attacks.base import Attack, Problem
from ml.attacks.boundaries import boundaries, leaders, rivals
from ml.attacks.norms import Floats, Name
from ml.attacks.smallest import Smallest


@dataclass(frozen=True, kw_only=True)
class DeepFool(Attack):
    """Step onto the nearest linearised boundary until the answer changes, each time `overshoot` beyond it.

    The boundaries are those to the `candidates` classes that are likeliest at the start; towards a target,
    which the paper has not, the one between it and the answer.
    """

    norms: ClassVar[tuple[Name, ...]] = ("l2", "linf")
    minimal: ClassVar[bool] = True
    steps: int = 50
    overshoot: float = 0.02
    candidates: int = 10

    def __post_init__(self) -> None:
        if self.steps < 1 or self.candidates < 1 or self.overshoot < 0:
            raise ValueError("steps and candidates must be at least 1, overshoot not negative")

    def run(self, problem: Problem) -> Floats:
        found = Smallest(problem)
        rows, batch = np.arange(len(problem.batch)), problem.batch
        logits = problem.model.logits(batch)
        choice = rivals(problem, logits, self.candidates)
        moved = np.zeros_like(batch)
        for step in range(self.steps + 1):
            part = problem.some(rows)
            fooled = part.fooled(logits.argmax(axis=-1))
            found.offer(rows, batch, fooled)
            rows, moved, batch, logits = rows[~fooled], moved[~fooled], batch[~fooled], logits[~fooled]
            if step == self.steps or not len(rows):
                break
            part = problem.some(rows)
            planes = boundaries(problem.model, batch, leaders(part, logits), choice[rows])
            moved = moved + _onto(planes.nearest(problem.norm), part)
            # What left [0, 1] is not carried on, or it would have to be won back.
            moved = np.clip(moved, -part.batch, 1 - part.batch)
            batch = np.clip(part.batch + np.float32(1 + self.overshoot) * moved, 0, 1)
            logits = problem.model.logits(batch)
        return found.settled()


def _onto(nearest: tuple[Floats, Floats, Floats], part: Problem) -> Floats:
    """The smallest steps onto the hyperplanes, never quite nothing; none where there is no hyperplane."""
    _, normals, distances = nearest
    lengths = np.where(np.isfinite(distances), np.maximum(distances, 1e-5), 0)
    return (lengths[:, None, None, None] * part.norm.steepest(normals)).astype(np.float32)
