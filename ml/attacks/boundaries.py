"""A network's decision boundaries, linearised: what DeepFool, FAB and the saliency map start from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.attacks.base import Labels, Problem
from ml.attacks.norms import TINY, Floats, Norm

if TYPE_CHECKING:
    from ml.model import Model


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Each image's boundaries towards K classes, as hyperplanes.

    `gaps` (N, K) says how far the rival's logit lies above the leader's (below 0 until it is overtaken),
    `normals` (N, K, H, W, C) are the gaps' gradients.
    """

    gaps: Floats
    normals: Floats

    def nearest(self, norm: Norm) -> tuple[Floats, Floats, Floats]:
        """Gap (N,), normal (N, H, W, C) and distance in `norm` (N,) of each image's nearest hyperplane.

        One whose normal vanishes is nowhere: its distance is infinite.
        """
        count, rivals = self.gaps.shape
        flat = self.normals.reshape(-1, *self.normals.shape[2:])
        # What the steepest step of size 1 gains: the dual norm.
        slopes = (flat * norm.steepest(flat)).sum(axis=(1, 2, 3)).reshape(count, rivals)
        distances = np.where(slopes > TINY, np.abs(self.gaps) / np.maximum(slopes, TINY), np.inf)
        best = distances.argmin(axis=1)
        rows = np.arange(count)
        return self.gaps[rows, best], self.normals[rows, best], distances[rows, best].astype(np.float32)


def boundaries(model: "Model", batch: Floats, leaders: Labels, rivals: Labels) -> Boundaries:
    """The boundaries between `leaders` (N,) and `rivals` (N, K), at a batch of at least one image.

    A rival must not be its own leader. One pass each way for each of the N × K.
    """
    count, each = rivals.shape
    weights = np.zeros((count, each, len(model.class_names)), np.float32)
    np.put_along_axis(weights, rivals[..., None], 1, axis=-1)
    np.put_along_axis(weights, np.broadcast_to(leaders[:, None, None], (count, each, 1)), -1, axis=-1)
    rows = weights.reshape(count * each, -1)
    logits, normals = model.pullback(np.repeat(batch, each, axis=0), rows)
    return Boundaries(
        gaps=(logits * rows).sum(axis=-1).reshape(count, each),
        normals=normals.reshape(count, each, *batch.shape[1:]),
    )


def rivals(problem: Problem, logits: Floats, count: int) -> Labels:
    """(N, K) the `count` likeliest classes to move to: those other than the label, or the target alone."""
    if problem.targets is not None:
        return problem.targets[:, None]
    others = logits.copy()
    np.put_along_axis(others, problem.labels[:, None], -np.inf, axis=-1)
    return np.argsort(-others, axis=-1, kind="stable")[:, : min(count, logits.shape[1] - 1)]


def leaders(problem: Problem, logits: Floats) -> Labels:
    """(N,) the class to be overtaken: the label, or towards a target the likeliest of the others."""
    if problem.targets is None:
        return problem.labels
    others = logits.copy()
    np.put_along_axis(others, problem.targets[:, None], -np.inf, axis=-1)
    return others.argmax(axis=-1)


def towards(batch: Floats, normals: Floats, gaps: Floats, norm: Norm) -> Floats:
    """The smallest moves (N, H, W, C) that take images onto hyperplanes without leaving [0, 1].

    Croce & Hein 2020, equation 3, for l2 and linf: each value moves by t (linf) or t·|normal| (l2) until it
    meets its bound, for the one t whose gain is the gap. The gain is concave and piecewise linear in t, so
    that Newton's steps from t = 0 rise to it and end in it. Where the box does not meet the hyperplane, the
    moves end in the box's nearest corner.
    """
    count = len(batch)
    signed = normals.reshape(count, -1) * -np.sign(gaps)[:, None]
    flat = batch.reshape(count, -1)
    room = np.where(signed > 0, 1 - flat, flat)
    slopes = np.abs(signed)
    speeds = (slopes > 0).astype(np.float32) if norm.name == "linf" else slopes
    times, wanted = np.zeros(count), np.abs(gaps)
    for _ in range(_NEWTON):
        moved = np.minimum(times[:, None] * speeds, room)
        missing = wanted - (slopes * moved).sum(axis=1, dtype=np.float64)
        free = (slopes * speeds * (times[:, None] * speeds < room)).sum(axis=1, dtype=np.float64)
        open_ = (missing > 1e-6 * wanted) & (free > 0)
        if not open_.any():
            break
        times[open_] += missing[open_] / free[open_]
    moved = np.minimum(times[:, None] * speeds, room) * np.sign(signed)
    return moved.reshape(batch.shape).astype(np.float32)


# It ends by itself, after five steps or so; the bound is for gaps near the rounding of their sum.
_NEWTON = 50
