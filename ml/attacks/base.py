"""The contract that every attack keeps, checked in one place so that an attack is only its own few lines."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from ml.attacks.norms import NORMS, Floats, Name, Norm
from ml.errors import EpsilonRefused, OptionRefused, sentence

if TYPE_CHECKING:
    from ml.model import Model

Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# Rounding of float32, in the units of ε.
_SLACK = 1e-6


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One call of an attack, checked: what `Attack.run` gets.

    `labels` (N,) are those to be left, `targets` (N,) those to be reached (or None), `epsilon`
    (N, 1, 1, 1) float32 the largest size of each image's perturbation in `norm`.
    """

    model: "Model"
    batch: Floats
    labels: Labels
    targets: Labels | None
    norm: Norm
    epsilon: Floats
    rng: np.random.Generator

    def ascent(self, batch: Floats, *, exact: bool = True) -> Floats:
        """The gradient to climb: of the loss at the labels, or against the loss at the targets.

        Without `exact` it is `Model.slope`.
        """
        gradient = self.model.gradient if exact else self.model.slope
        if self.targets is None:
            return gradient(batch, self.labels)
        return -gradient(batch, self.targets)

    def project(self, batch: npt.NDArray[np.floating[Any]]) -> Floats:
        """Back into the ball around the original and into [0, 1].

        Shrinking first and clipping last keeps both: clipping towards the original's own range never moves
        a value away from it.
        """
        moved = (batch - self.batch).astype(np.float32)
        inside = self.batch + self.norm.shrink(moved, self.epsilon)
        return np.clip(inside, 0, 1).astype(np.float32)

    def success(self, batch: Floats) -> Flags:
        """(N,) whether each image's answer is what the attack wants."""
        return self.fooled(self.model.logits(batch).argmax(axis=-1))

    def fooled(self, answers: npt.NDArray[np.int64]) -> Flags:
        """The same of answers (N,)."""
        return np.asarray(answers != self.labels if self.targets is None else answers == self.targets)

    def some(self, chosen: npt.ArrayLike) -> "Problem":
        """The same problem for some of the images only: `chosen` is an index array or (N,) flags."""
        rows = np.asarray(chosen)
        return Problem(
            model=self.model,
            batch=self.batch[rows],
            labels=self.labels[rows],
            targets=None if self.targets is None else self.targets[rows],
            norm=self.norm,
            epsilon=self.epsilon[rows],
            rng=self.rng,
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an attack found: `images` (N, H, W, C) float32 in [0, 1], and what they are of the problem."""

    problem: Problem
    images: Floats

    @property
    def labels(self) -> Labels:
        """(N,) the labels attacked."""
        return self.problem.labels

    @cached_property
    def success(self) -> Flags:
        """(N,) the answer left the label (targeted: is the target). Asked of the model when first read."""
        return self.problem.success(self.images)

    @cached_property
    def linf(self) -> Floats:
        """(N,) the largest change of a value."""
        return NORMS["linf"].size(self.images - self.problem.batch)

    @cached_property
    def l2(self) -> Floats:
        """(N,) the Euclidean length of the change, in [0, 1] units."""
        return NORMS["l2"].size(self.images - self.problem.batch)

    @cached_property
    def l0(self) -> npt.NDArray[np.int64]:
        """(N,) the number of pixels (not values) that changed."""
        return (self.images != self.problem.batch).any(axis=-1).sum(axis=(1, 2))


@dataclass(frozen=True, kw_only=True)
class Attack(ABC):
    """An attack. Options are the fields of the subclass.

    `norms` are those it is defined for, the first being the default. One that is `minimal` looks for the
    smallest perturbation by itself and may be called without ε; `bounded` says whether ε bounds it in
    that norm at all (an attack on few pixels is bounded by their number).
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf",)
    can_target: ClassVar[bool] = True
    minimal: ClassVar[bool] = False
    bounded: ClassVar[bool] = True

    @abstractmethod
    def run(self, problem: Problem) -> Floats:
        """The attacked batch; the caller checks that it stayed inside the ball."""

    def parts(self, model: "Model") -> "dict[str, Attack]":
        """The attacks that it is made of against `model`, by name, in the order of their run, each on what
        withstood those before it; of most attacks, itself.
        """
        return {type(self).__name__: self}

    @final
    def __call__(
        self,
        model: "Model",
        batch: Floats,
        *,
        epsilon: float | npt.ArrayLike | None = None,
        norm: Name | None = None,
        labels: npt.ArrayLike | None = None,
        target: int | npt.ArrayLike | None = None,
        seed: int = 0,
    ) -> Result:
        """Attack a batch (N, H, W, C) float32 in [0, 1].

        Args:
            epsilon: how far an image may move, in `norm`; one for all, or (N,).
            labels: (N,), by default the model's own answers, so that no true label leaks into the attack
                (Kurakin et al. 2017).
            target: one class for all, or (N,) of them.

        Raises:
            EpsilonRefused: ε is not a number ≥ 0 (and ≤ 1 in linf), or is missing.
            OptionRefused: labels or targets are not classes of the model, or the attack has no such norm or
                no targets.
            ValueError: the batch has another shape, type or range.
        """
        problem = self._checked(model, batch, epsilon, norm, labels, target, seed)
        images = self.run(problem)
        result = Result(problem=problem, images=images)
        if images.shape != problem.batch.shape or images.dtype != np.float32:
            raise AssertionError(f"{type(self).__name__} gave {images.dtype} {images.shape}")
        if len(images) and not (images.min() >= 0 and images.max() <= 1):
            raise AssertionError(f"{type(self).__name__} left [0, 1]")
        sizes = problem.epsilon[:, 0, 0, 0]
        beyond = problem.norm.size(images - problem.batch) - sizes
        if self.bounded and len(images) and not (beyond <= _SLACK * np.maximum(1, sizes)).all():
            raise AssertionError(f"{type(self).__name__} left the ball by {beyond.max()}")
        return result

    def _checked(
        self,
        model: "Model",
        batch: Floats,
        epsilon: float | npt.ArrayLike | None,
        norm: Name | None,
        labels: npt.ArrayLike | None,
        target: int | npt.ArrayLike | None,
        seed: int,
    ) -> Problem:
        batch = np.asarray(batch)
        if batch.dtype != np.float32 or batch.ndim != 4 or batch.shape[1:] != model.input_shape:
            raise ValueError(
                f"an attack takes float32 (N, {model.input_shape}), not {batch.dtype} {batch.shape}"
            )
        if batch.size and not (batch.min() >= 0 and batch.max() <= 1):
            raise ValueError("pixels must lie in [0, 1]")
        name = self.norms[0] if norm is None else norm
        self.check_norm(name)
        if target is not None and not self.can_target:
            raise OptionRefused(sentence("%(attack)s has no target class."), attack=type(self).__name__)
        own = model.logits(batch).argmax(axis=-1) if labels is None else labels
        return Problem(
            model=model,
            batch=batch,
            labels=_classes(own, model, len(batch)),
            targets=None if target is None else _classes(target, model, len(batch)),
            norm=NORMS[name],
            epsilon=self._sizes(epsilon, NORMS[name], batch),
            rng=np.random.default_rng(seed),
        )

    def check_norm(self, norm: Name) -> None:
        """Refuse a norm for which the attack is not defined.

        Raises:
            OptionRefused: it is not.
        """
        if norm not in self.norms:
            raise OptionRefused(
                sentence("%(attack)s is not defined for the norm %(norm)s; it knows %(norms)s."),
                attack=type(self).__name__,
                norm=norm,
                norms=", ".join(self.norms),
            )

    def _sizes(self, epsilon: float | npt.ArrayLike | None, norm: Norm, batch: Floats) -> Floats:
        """ε of each image, (N, 1, 1, 1). Without one, all that [0, 1] leaves."""
        largest = norm.largest(batch.shape[1:])
        if epsilon is None and (self.minimal or not self.bounded):
            epsilon = largest
        sizes = np.asarray(np.nan if epsilon is None else epsilon, np.float32)
        if sizes.ndim > 1 or (sizes.ndim == 1 and sizes.shape != (len(batch),)):
            raise ValueError(f"{len(batch)} images need one ε or {len(batch)} of them, not {sizes.shape}")
        if not (np.isfinite(sizes).all() and (sizes >= 0).all() and (sizes <= largest).all()):
            raise EpsilonRefused(
                sentence("ε must lie between 0 and 1, as a decimal (0.03) or a fraction (8/255).")
                if norm.name == "linf"
                else sentence("A distance in l2 must lie between 0 and %(largest)s."),
                largest=round(largest, 2),
            )
        return np.broadcast_to(sizes, (len(batch),))[:, None, None, None].astype(np.float32)


def _classes(values: npt.ArrayLike, model: "Model", count: int) -> Labels:
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
