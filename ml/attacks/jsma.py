"""The Jacobian-based saliency map attack: Papernot et al. 2016, "The Limitations of Deep Learning in
Adversarial Settings", algorithms 2 and 3.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Labels, Problem
from ml.attacks.boundaries import rivals
from ml.attacks.norms import Floats

if TYPE_CHECKING:
    from ml.model import Model

Picks = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class JSMA(Attack):
    """Change the most salient pixels by `theta`, two a step (or one), until the answer is the target.

    A pixel, all its channels together, is salient as far as it raises the target's logit and lowers the sum
    of the others. At most the share `gamma` of the pixels is changed; ε does not bound them. Without a target
    the `classes` likeliest other classes are tried side by side, and the first to be reached, by the fewest
    pixels, is taken. Where none is, the image stays as it was.
    """

    bounded: ClassVar[bool] = False
    theta: float = 1.0
    gamma: float = 0.145
    pairs: bool = True
    classes: int = 9

    def __post_init__(self) -> None:
        if not (0 < abs(self.theta) <= 1 and 0 < self.gamma <= 1 and self.classes >= 1):
            raise ValueError("theta must be in [-1, 1] and not 0, gamma in (0, 1], classes at least 1")

    def run(self, problem: Problem) -> Floats:
        network = problem.model
        choice = rivals(problem, network.logits(problem.batch), self.classes)
        # A row is an image on its way to one class.
        rows, goals = np.repeat(np.arange(len(choice)), choice.shape[1]), choice.ravel()
        open_ = ~problem.success(problem.batch)[rows]
        images, batch = problem.batch.copy(), problem.batch[rows]
        rows, goals, batch = rows[open_], goals[open_], batch[open_]
        width = 2 if self.pairs else 1
        for _ in range(int(self.gamma * batch.shape[1] * batch.shape[2]) // width):
            if not len(rows):
                break
            moved = self._step(network, batch, goals)
            answers = network.logits(batch).argmax(axis=-1)
            reached = answers == goals if problem.targets is not None else answers != problem.labels[rows]
            images[rows[reached]] = batch[reached]
            going = moved & ~np.isin(rows, rows[reached])
            rows, goals, batch = rows[going], goals[going], batch[going]
        return images

    def _step(self, network: "Model", batch: Floats, goals: Labels) -> npt.NDArray[np.bool_]:
        """Change the most salient pixels of `batch` in place; (N,) whether there were any."""
        wanted = np.eye(len(network.class_names), dtype=np.float32)[goals]
        movable = (batch < 1 if self.theta > 0 else batch > 0) * np.float32(np.sign(self.theta))
        gains = (network.pullback(batch, wanted)[1] * movable).sum(axis=-1).reshape(len(batch), -1)
        drops = (network.pullback(batch, wanted - 1)[1] * movable).sum(axis=-1).reshape(len(batch), -1)
        barred = ~movable.any(axis=-1).reshape(len(batch), -1)
        gains[barred], drops[barred] = -np.inf, -np.inf
        picks, scores = (_pair if self.pairs else _single)(gains, drops)
        moved = scores > 0
        chosen = np.zeros(gains.shape, bool)
        np.put_along_axis(chosen, picks, moved[:, None], axis=1)
        batch += chosen.reshape(*batch.shape[:3], 1) * np.float32(self.theta)
        np.clip(batch, 0, 1, out=batch)
        return moved


def _single(gains: Floats, drops: Floats) -> tuple[Picks, Floats]:
    """The pixel (N, 1) with the largest product of what the target gains and the others lose; the product."""
    scores = _product(gains, drops)
    best = scores.argmax(axis=1)[:, None]
    return best, np.take_along_axis(scores, best, axis=1)[:, 0]


def _pair(gains: Floats, drops: Floats) -> tuple[Picks, Floats]:
    """The same of the sums over two pixels (N, 2).

    Both lie on the first two Pareto fronts: a pixel that two others beat in both respects is beaten by at
    least one that is not its partner. That leaves some dozen of pixels to pair instead of all.
    """
    every = np.arange(len(gains))[:, None]
    order = np.lexsort((-drops, -gains), axis=1)
    front = _front(drops[every, order])
    second = _front(np.where(front, -np.inf, drops[every, order]))
    either = front | second
    kept = np.argsort(~either, axis=1, kind="stable")[:, : max(2, either.sum(axis=1).max())]
    best = order[every, kept]
    gain, drop = gains[every, best], drops[every, best]
    scores = _product(gain[:, :, None] + gain[:, None], drop[:, :, None] + drop[:, None])
    scores[:, np.arange(best.shape[1]), np.arange(best.shape[1])] = 0
    flat = scores.reshape(len(scores), -1).argmax(axis=1)
    pair = np.stack(np.unravel_index(flat, scores.shape[1:]), axis=1)
    return best[every, pair], scores.reshape(len(scores), -1)[every[:, 0], flat]


def _front(drops: Floats) -> npt.NDArray[np.bool_]:
    """Which of the pixels, sorted by falling gain, lose the others more than every pixel before."""
    before = np.maximum.accumulate(drops, axis=1)
    return np.concatenate([np.isfinite(drops[:, :1]), drops[:, 1:] > before[:, :-1]], axis=1)


def _product(gains: Floats, drops: Floats) -> Floats:
    return np.where((gains > 0) & (drops > 0), gains * drops, 0)
