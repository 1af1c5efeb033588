"""Robust accuracy under an attack, and signs that it should not be believed."""

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.attacks import PGD, Attack, Square
from ml.attacks.norms import NORMS, Floats, Name
from ml.errors import sentence
from ml.evaluation import kept
from ml.evaluation.kept import Flags
from ml.training import progress

if TYPE_CHECKING:
    from ml.model import Model

Labels = npt.NDArray[np.int64]
SLACK = 1e-5
# Values of the images that are attacked together: 53 photos of 224×224×3.
_CHUNK_VALUES = 8_000_000
# Far more than float noise, far less than any gradient that leads somewhere.
VANISHED = 1e-10
# A share of the images that may be chance: a very sure answer has a gradient that float32 loses.
FEW = 0.05


# Beside what an image fell to: the answer was wrong without any attack.
CLEAN = "clean"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of N images under the named attack at the named ε, by their true labels.

    `right` (N,): still answered rightly; `clean` (N,): rightly without the attack; `fell_to` (N,): the one of
    `parts` (`Attack.parts`) that succeeded, CLEAN where the answer was wrong already, "" where it held;
    `seconds`: how long that took, with the calls that were stopped before it was done.
    """

    attack: str
    norm: Name
    epsilon: float
    right: Flags
    clean: Flags
    fell_to: npt.NDArray[np.str_]
    parts: tuple[str, ...]
    seconds: float

    @property
    def robust_accuracy(self) -> float:
        """Fraction of all images still answered rightly."""
        return float(self.right.mean())

    @property
    def clean_accuracy(self) -> float:
        """Fraction of all images answered rightly without the attack."""
        return float(self.clean.mean())

    @property
    def attack_success(self) -> float:
        """Fraction of those first answered rightly that no longer are; 0 where there are none."""
        return float(1 - self.right.sum() / self.clean.sum()) if self.clean.any() else 0.0

    def fallen(self) -> dict[str, int]:
        """How many images fell to each of `parts`, in the order of their run; CLEAN comes first."""
        return {name: int((self.fell_to == name).sum()) for name in (CLEAN, *self.parts)}


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A sign of masked gradients: one of the keys of `SIGNS`, and the figure that was measured."""

    name: str
    figure: float


SIGNS = {
    "vanished-gradients": sentence(
        "The gradient vanishes on some images, so attacks by gradient cannot see the way."
    ),
    "black-box-wins": sentence(
        "An attack without gradients succeeds where PGD does not: gradients are masked."
    ),
    "unbounded-fails": sentence("With ε = 1 every image can become any other, yet PGD leaves answers right."),
    "steps-do-not-help": sentence("The loss does not rise with more steps of PGD."),
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
    chunk: int | None = None,
    folder: Path | None = None,
) -> Outcome:
    """Attack every image (N, H, W, C) and see which answers are still its label (N,).

    The attack is not trusted: what it gives is measured here again against the original, and an image
    outside [0, 1] or further than ε counts as no success. Each part of a cascade gets what withstood those
    before it, in chunks with seeds of their own; with a `folder` each finished chunk is kept there, and a
    second call goes on after the last one.

    Args:
        chunk: images attacked together; by default as many as fit into a few hundred megabytes, at most 250.

    Raises:
        OptionRefused: the folder holds the answers to another question.
    """
    started = time.perf_counter()
    chunk = chunk or max(1, min(250, _CHUNK_VALUES // max(1, images[:1].size)))
    if folder:
        about = kept.digest(images, labels)
        kept.same_question(folder, [_told(model), _told(attack), epsilon, norm, seed, chunk, about])
    clean = model.logits(images).argmax(axis=-1) == labels
    right, fell_to = clean.copy(), np.where(clean, "", CLEAN).astype("U32")
    parts = attack.parts(model)
    for name, part in parts.items():
        open_ = np.flatnonzero(right)
        for start in progress.track(range(0, len(open_), chunk), f"{name} ε={epsilon:.4g}"):
            rows = open_[start : start + chunk]

            def held(part: Attack = part, rows: npt.NDArray[np.intp] = rows, start: int = start) -> Flags:
                found = part(
                    model, images[rows], epsilon=epsilon, norm=norm, labels=labels[rows], seed=seed + start
                ).images
                return _still_right(model, images[rows], found, labels[rows], epsilon, norm)

            right[rows] = kept.flags(folder / f"{name}-{start}.npy" if folder else None, held)
        fell_to[open_[~right[open_]]] = name
    return Outcome(
        attack=type(attack).__name__,
        norm=norm,
        epsilon=epsilon,
        right=right,
        clean=clean,
        fell_to=fell_to,
        parts=tuple(parts),
        seconds=kept.seconds(folder) if folder else time.perf_counter() - started,
    )


def _still_right(
    model: "Model", images: Floats, found: Floats, labels: Labels, epsilon: float, norm: Name
) -> Flags:
    inside = NORMS[norm].size(found - images) <= epsilon + SLACK
    inside &= (found >= 0).all(axis=(1, 2, 3)) & (found <= 1).all(axis=(1, 2, 3))
    return np.asarray(~inside | (model.logits(found).argmax(axis=-1) == labels))


def _told(value: object) -> object:
    """A model or an attack with its options, as JSON."""
    from ml.model import Model

    if isinstance(value, Model):
        return [value.card.name, value.card.weights_sha256]
    if isinstance(value, Attack):
        options = {field.name: _told(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return [type(value).__name__, options]
    return hashlib.sha256(value.tobytes()).hexdigest() if isinstance(value, np.ndarray) else value


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
    largest = NORMS[norm].largest(images.shape[1:])
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
        attack = PGD(steps=count, random_start=False)
        found = attack(model, images, epsilon=epsilon, norm=norm, labels=labels, seed=seed).images
        losses.append(float(model.climb(found, labels).losses.mean()))
    return losses
