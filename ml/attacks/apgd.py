"""Auto-PGD: Croce & Hein 2020, "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse
Parameter-free Attacks", section 3 and algorithm 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Labels, Problem
from ml.attacks.norms import Floats, Name
from ml.model import Loss

MOMENTUM = np.float32(0.75)
RISES = 0.75


@dataclass(frozen=True, kw_only=True)
class APGD(Attack):
    """`steps` steps whose size halves where the loss no longer rises, from `restarts` random starts.

    With the margin loss and `classes`, each of so many classes, the most probable first, is headed for in
    its turn (APGD-T). The loss has no normaliser, unlike the paper's DLR: steepest steps do not depend on
    its scale, and it is defined from two classes on. An image is left alone once its answer has changed.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    steps: int = 100
    restarts: int = 1
    loss: Loss = "cross-entropy"
    classes: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1 or self.classes < 0:
            raise ValueError("steps and restarts must be at least 1, classes not negative")
        if self.classes and self.loss != "margin":
            raise ValueError("only the margin loss heads for classes")

    def run(self, problem: Problem) -> Floats:
        images = problem.batch.copy()
        open_ = np.flatnonzero(~problem.success(images))
        if not len(open_):
            return images
        for _ in range(self.restarts):
            for heading in self._headings(problem):
                part = problem.some(open_)
                towards = None if heading is None else heading[open_]
                images[open_], solved = _ascend(part, self.loss, self.steps, towards)
                open_ = open_[~solved]
                if not len(open_):
                    return images
        return images

    def _headings(self, problem: Problem) -> Iterator[Labels | None]:
        """The classes (N,) to head for, in turn; None for away from the label."""
        if problem.targets is not None:
            yield problem.targets
        elif not self.classes:
            yield None
        else:
            logits = problem.model.logits(problem.batch).copy()
            np.put_along_axis(logits, problem.labels[:, None], -np.inf, axis=-1)
            order = np.argsort(-logits, axis=-1)
            for rank in range(min(self.classes, logits.shape[-1] - 1)):
                yield order[:, rank]


def checkpoints(steps: int) -> list[int]:
    """The steps after which the step size is looked at (the paper's w_j)."""
    found, gaps = [0.0, 0.22], 0.22
    while found[-1] < 1:
        gaps = max(gaps - 0.03, 0.06)
        found.append(found[-1] + gaps)
    return [step for step in (int(np.ceil(share * steps - 1e-9)) for share in found[1:]) if step <= steps]


def _ascend(
    problem: Problem, loss: Loss, steps: int, towards: Labels | None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(images (N, H, W, C), solved (N,)): the first image that succeeds, else that of the largest loss."""
    kept = problem.batch.copy()
    solved = np.zeros(len(kept), bool)
    state = _State(problem, loss, towards)
    looks = set(checkpoints(steps))
    for step in range(1, steps + 1):
        fooled = state.fooled()
        kept[state.rows[fooled]] = state.current[fooled]
        solved[state.rows[fooled]] = True
        if fooled.all():
            break
        if fooled.any():
            state.keep(~fooled)
        state.step(first=step == 1)
        if step in looks:
            state.look(step)
    else:
        fooled = state.fooled()
        kept[state.rows] = np.where(fooled[:, None, None, None], state.current, state.best)
        solved[state.rows] = fooled
    return kept, solved


class _State:
    """The images still open: where each is, was and was best, and its step size."""

    def __init__(self, problem: Problem, loss: Loss, towards: Labels | None) -> None:
        self.problem, self.loss, self.towards = problem, loss, towards
        self.rows = np.arange(len(problem.batch))
        noise = problem.norm.random(problem.batch.shape, problem.rng)
        self.current = problem.project(problem.batch + problem.epsilon * noise)
        self.previous = self.current.copy()
        self.sizes = 2 * problem.epsilon
        self._ask()
        self.best, self.best_loss, self.best_gradient = self.current, self.losses, self.gradient
        self.rises = np.zeros(len(self.rows), int)
        self.looked, self.best_before = 0, self.best_loss.copy()
        self.shrunk = np.ones(len(self.rows), bool)

    def _ask(self) -> None:
        found = self.problem.model.climb(self.current, self.problem.labels, self.towards, loss=self.loss)
        self.answers, self.losses, self.gradient = found.logits.argmax(axis=-1), found.losses, found.gradient

    def fooled(self) -> npt.NDArray[np.bool_]:
        return self.problem.fooled(self.answers)

    def keep(self, open_: npt.NDArray[np.bool_]) -> None:
        """Drop the other images."""
        self.problem = self.problem.some(open_)
        self.towards = None if self.towards is None else self.towards[open_]
        for name in _PER_IMAGE:
            setattr(self, name, getattr(self, name)[open_])

    def step(self, *, first: bool) -> None:
        """One step with momentum, and what the model says there."""
        steepest = self.problem.norm.steepest(self.gradient)
        ahead = self.problem.project(self.current + self.sizes * steepest)
        if not first:
            carried = self.current - self.previous
            ahead = self.problem.project(
                self.current + MOMENTUM * (ahead - self.current) + (1 - MOMENTUM) * carried
            )
        self.previous, self.current, before = self.current, ahead, self.losses
        self._ask()
        self.rises += self.losses > before
        better = self.losses > self.best_loss
        chosen = better[:, None, None, None]
        self.best = np.where(chosen, self.current, self.best)
        self.best_gradient = np.where(chosen, self.gradient, self.best_gradient)
        self.best_loss = np.where(better, self.losses, self.best_loss)

    def look(self, step: int) -> None:
        """Halve the step size, and go back to the best image, where too few steps raised the loss or none a
        record (the paper's conditions 1 and 2). An image that succeeds stays where it is: it is what is kept.
        """
        few = self.rises < RISES * (step - self.looked)
        still = ~self.shrunk & (self.best_loss <= self.best_before)
        halve = (few | still) & ~self.fooled()
        chosen = halve[:, None, None, None]
        self.sizes = np.where(chosen, self.sizes / 2, self.sizes)
        self.current = np.where(chosen, self.best, self.current)
        self.gradient = np.where(chosen, self.best_gradient, self.gradient)
        self.losses = np.where(halve, self.best_loss, self.losses)
        self.rises[:] = 0
        self.looked, self.best_before, self.shrunk = step, self.best_loss.copy(), halve


_PER_IMAGE = (
    "rows",
    "current",
    "previous",
    "sizes",
    "answers",
    "losses",
    "gradient",
    "best",
    "best_loss",
    "best_gradient",
    "rises",
    "best_before",
    "shrunk",
)
