"""The smallest ε with which an attack succeeds, image by image."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Flags
from ml.attacks.norms import NORMS, Floats, Name

if TYPE_CHECKING:
    from ml.model import Model


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """`sizes` (N,) of the smallest successful perturbations found, infinite where none was, and 0 where the
    answer was already what the attack wants; `images` (N, H, W, C), the originals where none was.
    """

    sizes: Floats
    images: Floats


def minimum_epsilon(
    attack: Attack,
    model: "Model",
    batch: Floats,
    *,
    norm: Name | None = None,
    labels: npt.ArrayLike | None = None,
    target: int | npt.ArrayLike | None = None,
    seed: int = 0,
    resolution: float = 0.01,
) -> Minimum:
    """The smallest perturbation by which `attack` changes each answer.

    An attack that ε bounds is run along the whole axis: ε doubles from 1/1024 of the largest possible up to
    it, then the step between the last failure and the first success is bisected until it is `resolution`
    of itself wide (or 1/65536 of the axis). As an attack may succeed at one ε and fail at a larger one, what
    comes out is an upper bound: a perturbation that is at hand, while smaller ones between those tried may
    have been missed. Minimal attacks and those that ε does not bound are run once, and measured.

    Arguments and errors are those of a call of the attack.
    """
    name: Name = attack.norms[0] if norm is None else norm
    if attack.bounded:
        attack.check_norm(name)
    own = model.logits(batch).argmax(axis=-1) if labels is None else np.asarray(labels)
    goals = None if target is None else np.broadcast_to(target, len(batch))

    def found(rows: npt.NDArray[np.intp], epsilon: Floats | None) -> tuple[Flags, Floats, Floats]:
        result = attack(
            model,
            batch[rows],
            epsilon=epsilon,
            norm=name if attack.bounded else None,
            labels=own[rows],
            target=None if goals is None else goals[rows],
            seed=seed,
        )
        return result.success, NORMS[name].size(result.images - batch[rows]), result.images

    best = Minimum(sizes=np.full(len(batch), np.inf, np.float32), images=batch.copy())
    everyone = np.arange(len(batch))
    if attack.minimal or not attack.bounded:
        _keep(best, everyone, *found(everyone, None))
        return best
    largest = float(NORMS[name].size(np.ones((1, *batch.shape[1:]), np.float32))[0])
    low = np.zeros(len(batch), np.float32)
    answers = model.logits(batch).argmax(axis=-1)
    best.sizes[answers != own if goals is None else answers == goals] = 0
    for halvings in range(_DOUBLINGS, -1, -1):
        rows = np.flatnonzero(np.isinf(best.sizes))
        epsilon = np.full(len(rows), largest / 2**halvings, np.float32)
        failed = ~_keep(best, rows, *found(rows, epsilon))
        low[rows[failed]] = epsilon[failed]
    while True:
        wide = np.maximum(resolution * best.sizes, largest / _FINEST)
        rows = np.flatnonzero(np.isfinite(best.sizes) & (best.sizes - low > wide))
        if not len(rows):
            return best
        middle = np.asarray((low[rows] + best.sizes[rows]) / 2, np.float32)
        failed = ~_keep(best, rows, *found(rows, middle))
        low[rows[failed]] = middle[failed]


def _keep(best: Minimum, rows: npt.NDArray[np.intp], success: Flags, sizes: Floats, images: Floats) -> Flags:
    """Enter what succeeded."""
    best.sizes[rows[success]], best.images[rows[success]] = sizes[success], images[success]
    return success


_DOUBLINGS = 10
_FINEST = 65536
