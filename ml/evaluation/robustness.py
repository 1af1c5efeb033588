"""Robust accuracy under an attack, and signs that it should not be believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml import files
from ml.attacks import PGD, Attack, Square
from ml.attacks.norms import NORMS, Floats, Name
from ml.training import progress

if TYPE_CHECKING:
    from ml.model import Model

Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SLACK = 1e-5
# Far more than float noise, far less than any gradient that leads somewhere.
VANISHED = 1e-10
# A share of the images that may be chance: a very sure answer has a gradient that float32 loses.
FEW = 0.05


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`right` (N,): still answered rightly, by the true labels, under the named attack at the named ε."""

    attack: str
    norm: Name
    epsilon: float
    right: Flags

    @property
    def robust_accuracy(self) -> float:
        """Fraction of all images still answered rightly."""
        return float(self.right.mean())


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A sign of masked gradients: one of the keys of `SIGNS`, and the figure that was measured."""

    name: str
    figure: float


SIGNS = {
    "vanished-gradients": "The gradient vanishes on some images, so attacks by gradient cannot see the way.",
    "black-box-wins": "An attack without gradients succeeds where PGD does not: gradients are masked.",
    "unbounded-fails": "With ε = 1 every image can become any other, yet PGD leaves answers right.",
    "steps-do-not-help": "The loss does not rise with more steps of PGD.",
}


def attacked(
    attack: Attack,
    model: "Model",
    images: Floats,
    labels: Labels,
    *,
    epsilon: float,
    norm: Name = "linf",
    seed: int = 0,
    chunk: int = 250,
    folder: Path | None = None,
) -> Outcome:
    """Attack every image (N, H, W, C) and see which answers are still its label (N,).

    The attack is not trusted: what it gives is measured here again against the original, and an image
    outside [0, 1] or further than ε counts as no success. Images go in chunks with seeds of their own; with
    a `folder` each finished chunk is kept there, and a second call goes on after the last one.
    """
    parts: list[Flags] = []
    starts = range(0, len(images), chunk)
    for start in progress.track(starts, f"{type(attack).__name__} ε={epsilon:.4g}", len(starts)):
        path = folder / f"{start}.npy" if folder else None
        if path and path.exists():
            parts.append(np.load(path, allow_pickle=False))
            continue
        part, truth = images[start : start + chunk], labels[start : start + chunk]
        found = attack(model, part, epsilon=epsilon, norm=norm, labels=truth, seed=seed + start).images
        parts.append(_still_right(model, part, found, truth, epsilon, norm))
        if path:
            with files.replacing(path) as temporary, temporary.open("wb") as store:
                np.save(store, parts[-1])
    right = np.concatenate(parts) if parts else np.zeros(0, bool)
    return Outcome(attack=type(attack).__name__, norm=norm, epsilon=epsilon, right=right)


def _still_right(
    model: "Model", images: Floats, found: Floats, labels: Labels, epsilon: float, norm: Name
) -> Flags:
    inside = NORMS[norm].size(found - images) <= epsilon + SLACK
    inside &= (found >= 0).all(axis=(1, 2, 3)) & (found <= 1).all(axis=(1, 2, 3))
    fair = np.where(inside[:, None, None, None], found, images)
    clean = model.logits(images).argmax(axis=-1) == labels
    return np.asarray(clean & (model.logits(fair).argmax(axis=-1) == labels))


def signs_of_masking(
    model: "Model", images: Floats, labels: Labels, *, epsilon: float, norm: Name = "linf", seed: int = 0
) -> list[Sign]:
    """What speaks against believing robust accuracy, looked for on a small sample: no sign is no proof.

    After Carlini et al. 2019, "On Evaluating Adversarial Robustness", and Athalye et al. 2018, "Obfuscated
    Gradients Give a False Sense of Security".
    """
    found = []
    flat = np.abs(model.gradient(images, labels)).max(axis=(1, 2, 3)) < VANISHED
    if flat.mean() > FEW:
        found.append(Sign(name="vanished-gradients", figure=float(flat.mean())))
    white = attacked(PGD(), model, images, labels, epsilon=epsilon, norm=norm, seed=seed)
    black = attacked(Square(queries=1000), model, images, labels, epsilon=epsilon, norm=norm, seed=seed)
    only = white.right & ~black.right
    if only.mean() > FEW:
        found.append(Sign(name="black-box-wins", figure=float(only.mean())))
    largest = 1.0 if norm == "linf" else float(np.sqrt(np.prod(images.shape[1:])))
    whole = attacked(PGD(), model, images, labels, epsilon=largest, norm=norm, seed=seed)
    if whole.robust_accuracy > 1 / len(model.class_names):
        found.append(Sign(name="unbounded-fails", figure=whole.robust_accuracy))
    losses = _losses(model, images, labels, (5, 40), epsilon, norm, seed)
    if losses[1] < losses[0]:
        found.append(Sign(name="steps-do-not-help", figure=losses[1] - losses[0]))
    return found


def _losses(
    model: "Model",
    images: Floats,
    labels: Labels,
    steps: Sequence[int],
    epsilon: float,
    norm: Name,
    seed: int,
) -> list[float]:
    """Mean cross-entropy after so many steps of PGD from the image itself."""
    losses = []
    for count in steps:
        attack = PGD(steps=count, relative_step=2.5 / count, random_start=False)
        found = attack(model, images, epsilon=epsilon, norm=norm, labels=labels, seed=seed).images
        losses.append(float(model.climb(found, labels).losses.mean()))
    return losses
