"""The contract that every attack keeps, checked in one place so that an attack is only its own few lines."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import numpy.typing as npt

from ml.errors import EpsilonRefused, OptionRefused, sentence

if TYPE_CHECKING:
    from ml.classifier import Classifier

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
_SLACK = 1e-6


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an attack found.

    `images` (N, H, W, C) float32 in [0, 1]; `success` (N,): the answer left the label (targeted: is the
    target); `labels` (N,) the labels attacked; `linf`, `l2` (N,) the distances moved, in [0, 1] units.
    """

    images: Floats
    success: npt.NDArray[np.bool_]
    labels: Labels
    linf: Floats
    l2: Floats


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One call of an attack, checked: what `Attack.run` gets."""

    model: "Classifier"
    batch: Floats
    labels: Labels
    targets: Labels | None
    epsilon: float
    rng: np.random.Generator

    def ascent(self, batch: Floats) -> Floats:
        """The gradient to climb: of the loss at the labels, or against the loss at the targets."""
        if self.targets is None:
            return self.model.gradient(batch, self.labels)
        return -self.model.gradient(batch, self.targets)

    def project(self, batch: Floats) -> Floats:
        """Back into the L∞ ball around the original and into [0, 1]."""
        inside = np.clip(batch, self.batch - np.float32(self.epsilon), self.batch + np.float32(self.epsilon))
        return np.clip(inside, 0, 1).astype(np.float32)

    def success(self, batch: Floats) -> npt.NDArray[np.bool_]:
        answers = self.model.logits(batch).argmax(axis=-1)
        return np.asarray(answers != self.labels if self.targets is None else answers == self.targets)


@dataclass(frozen=True, kw_only=True)
class Attack(ABC):
    """An L∞ attack. Options are the fields of the subclass."""

    @abstractmethod
    def run(self, problem: Problem) -> Floats:
        """The attacked batch; the caller checks that it stayed inside the ball."""

    @final
    def __call__(
        self,
        model: "Classifier",
        batch: Floats,
        *,
        epsilon: float,
        labels: npt.ArrayLike | None = None,
        target: int | npt.ArrayLike | None = None,
        seed: int = 0,
    ) -> Result:
        """Attack a batch (N, H, W, C) float32 in [0, 1].

        `labels` (N,) default to the model's own answers, so that no true label leaks into the attack
        (Kurakin et al. 2017); `target` is one class for all, or (N,) of them.

        Raises:
            EpsilonRefused: ε is not a number in [0, 1].
            OptionRefused: labels or targets are not classes of the model.
            ValueError: the batch has another shape, type or range.
        """
        problem = _checked(model, batch, epsilon, labels, target, seed)
        images = self.run(problem)
        moved = images - problem.batch
        linf = np.abs(moved).max(axis=(1, 2, 3), initial=0).astype(np.float32)
        if len(images) and (linf.max() > epsilon + _SLACK or images.min() < 0 or images.max() > 1):
            raise AssertionError(f"{type(self).__name__} left the ball: {linf.max()} > {epsilon}")
        return Result(
            images=images,
            success=problem.success(images),
            labels=problem.labels,
            linf=linf,
            l2=np.sqrt((moved.astype(np.float64) ** 2).sum(axis=(1, 2, 3))).astype(np.float32),
        )


def _checked(
    model: "Classifier",
    batch: Floats,
    epsilon: float,
    labels: npt.ArrayLike | None,
    target: int | npt.ArrayLike | None,
    seed: int,
) -> Problem:
    batch = np.asarray(batch)
    if batch.dtype != np.float32 or batch.ndim != 4 or batch.shape[1:] != model.input_shape:
        raise ValueError(f"an attack takes float32 (N, {model.input_shape}), not {batch.dtype} {batch.shape}")
    if batch.size and not (batch.min() >= 0 and batch.max() <= 1):
        raise ValueError("pixels must lie in [0, 1]")
    if not 0 <= epsilon <= 1:
        raise EpsilonRefused(
            sentence("ε must lie between 0 and 1, as a decimal (0.03) or a fraction (8/255).")
        )
    own = model.logits(batch).argmax(axis=-1) if labels is None else labels
    return Problem(
        model=model,
        batch=batch,
        labels=_classes(own, model, len(batch)),
        targets=None if target is None else _classes(target, model, len(batch)),
        epsilon=float(epsilon),
        rng=np.random.default_rng(seed),
    )


def _classes(values: npt.ArrayLike, model: "Classifier", count: int) -> Labels:
    """`values` as (count,) labels; a single one stands for all."""
    array = np.asarray(values)
    if array.ndim == 0:
        array = np.full(count, array)
    if array.shape != (count,) or (count and not np.issubdtype(array.dtype, np.integer)):
        raise ValueError(f"{count} images need {count} whole labels, not {array.dtype} {array.shape}")
    if count and not (array.min() >= 0 and array.max() < len(model.class_names)):
        raise OptionRefused(
            sentence("A class must be a number from 0 to %(last)s."), last=len(model.class_names) - 1
        )
    return array.astype(np.int64)
