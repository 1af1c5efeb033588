"""The l2 attack of Carlini & Wagner 2017, "Towards Evaluating the Robustness of Neural Networks", VI."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml.attacks.adam import Adam
from ml.attacks.base import Attack, Flags, Problem
from ml.attacks.norms import Floats, Name
from ml.attacks.smallest import Smallest

if TYPE_CHECKING:
    import numpy.typing as npt

_ABORTS = 10
_HALVINGS = 10


@dataclass(frozen=True, kw_only=True)
class CarliniWagner(Attack):
    """Least ‖x' − x‖² + c · max(κ − margin, 0) over w, where x' = (tanh(w) + 1) / 2, by Adam.

    The margin is how far the best other logit lies above the label's, or the target's above the best other
    (f6). c is sought in `searches` rounds, as the smallest that succeeds, by multiplying by ten and then
    bisecting, for each image by itself. An image whose loss has not fallen over a tenth of the `steps` ends
    its round. Beyond the paper, without κ the line to what was found is bisected at the end.
    """

    norms: ClassVar[tuple[Name, ...]] = ("l2",)
    minimal: ClassVar[bool] = True
    confidence: float = 0.0
    steps: int = 1000
    searches: int = 9
    rate: float = 0.01
    first_c: float = 1e-3

    def __post_init__(self) -> None:
        if self.steps < 1 or self.searches < 1 or self.rate <= 0 or self.first_c <= 0 or self.confidence < 0:
            raise ValueError("steps and searches must be at least 1, rate and c above 0, confidence not less")

    def run(self, problem: Problem) -> Floats:
        found = Smallest(problem)
        low, high = np.zeros(len(problem.batch)), np.full(len(problem.batch), np.inf)
        c = np.full(len(problem.batch), self.first_c)
        if not len(problem.batch):
            return problem.batch.copy()
        found.offer(np.arange(len(c)), problem.batch, self._loss(problem, problem.batch, c)[2])
        for _ in range(self.searches):
            solved = self._round(problem, c, found)
            low, high = np.where(solved, low, c), np.where(solved, c, high)
            c = np.where(np.isfinite(high), (low + np.minimum(high, 1e10)) / 2, c * 10)
        if not self.confidence:
            found.shorten(_HALVINGS)
        return found.settled()

    def _round(self, problem: Problem, c: "npt.NDArray[np.float64]", found: Smallest) -> Flags:
        """(N,) whether any image on the way, with these c, was what is wanted."""
        solved, last = np.zeros(len(c), bool), np.full(len(c), np.inf)
        hidden = np.arctanh((2 * problem.batch - 1) * np.float32(0.999999))
        adam, rows = Adam(hidden.shape, self.rate), np.flatnonzero(found.sizes > 0)
        for step in range(self.steps if len(rows) else 0):
            part = problem.some(rows)
            images = (np.tanh(hidden[rows]) + 1) / 2
            losses, gradient, fooled = self._loss(part, images, c[rows])
            found.offer(rows, images, fooled)
            solved[rows] |= fooled
            hidden[rows] += adam.step(gradient * 2 * images * (1 - images), rows)
            if step % max(1, self.steps // _ABORTS) == 0:
                falling = losses < 0.9999 * last[rows]
                last[rows] = losses
                rows = rows[falling]
                if not len(rows):
                    break
        return solved

    def _loss(
        self, part: Problem, images: Floats, c: "npt.NDArray[np.float64]"
    ) -> tuple["npt.NDArray[np.float64]", Floats, Flags]:
        """Loss of each image, its gradient, and whether its answer is what is wanted, confidently enough."""
        goals, sign = (part.labels, 1) if part.targets is None else (part.targets, -1)
        climb = part.model.climb(images, goals, loss="margin")
        missing = self.confidence - sign * climb.losses
        moved = images - part.batch
        losses = (moved.astype(np.float64) ** 2).sum(axis=(1, 2, 3)) + c * np.maximum(missing, 0)
        pull = np.where(missing > 0, sign * c, 0).astype(np.float32)[:, None, None, None]
        fooled = part.fooled(climb.logits.argmax(axis=-1)) & (missing <= 0)
        return losses, 2 * moved - pull * climb.gradient, fooled
