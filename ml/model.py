"""A model with its card, as the rest of the project uses it: logits, answers, the ε sweep.

Two kinds implement it: `ml.classifier.Classifier`, a network, and `ml.estimators.model.EstimatorModel`, which
has no gradient.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ml import compose, epsilon
from ml.card import Card
from ml.errors import NotANetwork, OptionRefused, sentence
from ml.images import Input, to_float, to_pixels
from ml.verdict import Verdict, softmax, unsure, verdict, verdicts

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]
Loss = Literal["cross-entropy", "margin"]

# Images × values that one pass may hold: 32 photos of 224×224×3, thousands of digits.
_CHUNK_VALUES = 32 * 224 * 224 * 3

NO_GRADIENT = sentence(
    "“%(name)s” has no gradient, so it cannot be attacked this way; make the image with another model of"
    " digits and try it here."
)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One image along the ε axis, from one gradient.

    `steps` (K,) holds the whole n = floor(255·ε); `probabilities` (K, classes) and `unsure` (K,) are the
    model's answers on the 8-bit image clip(x + n·sign); `flip_steps` is the smallest n in
    1..max(steps) whose class differs from `label` (targeted: is the target), None when there is none.
    """

    label: int
    target: int | None
    sign: Signs
    steps: npt.NDArray[np.int64]
    probabilities: Floats
    unsure: npt.NDArray[np.bool_]
    flip_steps: int | None

    @property
    def flip_epsilon(self) -> float | None:
        return None if self.flip_steps is None else self.flip_steps / epsilon.LEVELS


@dataclass(frozen=True, kw_only=True)
class Climb:
    """`logits` (N, classes), `losses` (N,), and `gradient` (N, H, W, C) of their sum."""

    logits: Floats
    losses: Floats
    gradient: Floats


class Model(ABC):
    """A model with its card. Safe to call from several threads."""

    def __init__(self, card: Card) -> None:
        self.card = card

    @property
    def class_names(self) -> list[str]:
        return self.card.class_names

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.card.input_shape

    @property
    def network(self) -> Any:
        """The keras.Model behind it.

        Raises:
            NotANetwork: there is none.
        """
        raise NotANetwork(
            sentence("“%(name)s” is no network, so it cannot be exported."), name=self.card.name
        )

    @abstractmethod
    def logits(self, batch: Floats) -> Floats:
        """Logits (N, classes) of a batch (N, H, W, C) float32 in [0, 1]."""

    def probabilities(self, batch: Floats) -> Floats:
        """Softmax of `logits`, (N, classes)."""
        return softmax(self.logits(batch))

    @abstractmethod
    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """∂ Σ CE(logits, labels) / ∂ batch, in inference mode, (N, H, W, C). `labels` is (N,) of int.

        Raises:
            NotANetwork: the model has no gradient.
        """

    def slope(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """`gradient` but for float error, which may turn a sign: quicker where nobody compares the images.

        Raises:
            NotANetwork: the model has no gradient.
        """
        return self.gradient(batch, labels)

    def climb(
        self,
        batch: Floats,
        labels: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        *,
        loss: Loss = "cross-entropy",
    ) -> Climb:
        """Logits, a loss and its gradient, from one pass each way over a batch of at least one image.

        The loss grows as the answer leaves `labels` (N,): their cross-entropy, or the margin
        max over the other logits − the label's (Carlini & Wagner 2017, f6). With `targets` (N,) it grows as
        the answer comes to them: minus their cross-entropy, or the target's logit − the label's.

        Raises:
            NotANetwork: the model has no gradient.
        """
        raise gradient_refused(self.card)

    def pullback(self, batch: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Logits, and ∂ Σ weights · logits / ∂ batch (N, H, W, C), for weights (N, classes).

        Raises:
            NotANetwork: the model has no gradient.
        """
        raise gradient_refused(self.card)

    def verdicts(self, batch: Floats) -> list[Verdict]:
        """The answer for each image of a batch (N, H, W, C)."""
        return verdicts(self.logits(batch), self.card)

    def answer(self, seen: Input) -> Verdict:
        """The answer to one picture as `images.to_input` gives it."""
        return verdict(self.logits(to_float(seen.image)[None])[0], self.card, found=seen.found)

    def label_of(self, class_name: str) -> int:
        """The index of a class.

        Raises:
            OptionRefused: the model has no such class.
        """
        try:
            return self.class_names.index(class_name)
        except ValueError:
            raise OptionRefused(
                sentence("“%(model)s” has no class “%(name)s”; it knows %(classes)s."),
                model=self.card.name,
                name=class_name,
                classes=", ".join(self.class_names),
            ) from None

    def attack_gradient(self, image: Pixels, *, target: int | None = None) -> tuple[int, Floats]:
        """(own answer, gradient to ascend) of one uint8 image (H, W, C); a target turns the sign."""
        batch = to_float(image)[None]
        label = int(self.logits(batch)[0].argmax())
        if target is None:
            return label, self.gradient(batch, [label])[0]
        return label, -self.gradient(batch, [target])[0]

    def sign_map(self, image: Pixels, *, target: int | None = None) -> tuple[int, Signs]:
        """(own answer, sign of `attack_gradient` as int8 in {-1, 0, 1}) of one uint8 image (H, W, C)."""
        label, gradient = self.attack_gradient(image, target=target)
        return label, np.sign(gradient).astype(np.int8)

    def sweep(self, image: Floats, epsilons: Sequence[float], *, target: int | None = None) -> Sweep:
        """FGSM on one image (H, W, C) in [0, 1] for every ε, judged on the 8-bit images.

        The sign map does not depend on ε, so one backward pass serves the whole axis, and every n up to
        the largest is evaluated: an answer may change back, so no bisection.
        """
        wanted = np.array([epsilon.steps(value) for value in epsilons], np.int64)
        pixels = to_pixels(image)
        label, sign = self.sign_map(pixels, target=target)
        every = np.arange(int(wanted.max(initial=0)) + 1)
        logits = self._composed_logits(pixels, sign, every)
        return Sweep(
            label=label,
            target=target,
            sign=sign,
            steps=wanted,
            probabilities=softmax(logits)[wanted],
            unsure=unsure(logits, self.card.unsure)[wanted],
            flip_steps=_first_flip(logits.argmax(axis=-1), label, target),
        )

    def flip_steps(self, image: Pixels, *, target: int | None = None) -> int | None:
        """The smallest n in 1..255 whose 8-bit image changes the answer (or reaches the target), or None."""
        label, sign = self.sign_map(image, target=target)
        for start in range(0, epsilon.LEVELS + 1, 32):
            steps = np.arange(start, min(start + 32, epsilon.LEVELS + 1))
            answers = self._composed_logits(image, sign, steps).argmax(axis=-1)
            flip = _first_flip(answers, label, target, start)
            if flip is not None:
                return flip
        return None

    @abstractmethod
    def warm(self, *, answers: bool = True) -> None:
        """Do once what would make the first person wait.

        Args:
            answers: False where its detector answers for it; then what attacks ask only.
        """

    def _composed_logits(self, image: Pixels, sign: Signs, steps: npt.NDArray[np.int64]) -> Floats:
        size = self._chunk_size()
        parts = (steps[start : start + size] for start in range(0, len(steps), size))
        return np.concatenate(
            [self.logits(to_float(compose.perturb_all(image, sign, part))) for part in parts]
        )

    def _chunk_size(self) -> int:
        return max(1, _CHUNK_VALUES // int(np.prod(self.input_shape)))

    def _chunks(self, batch: Floats) -> Iterator[Floats]:
        if batch.ndim != 4 or batch.shape[1:] != self.input_shape:
            raise ValueError(f"“{self.card.name}” takes (N, {self.input_shape}), not {batch.shape}")
        batch = np.ascontiguousarray(batch, np.float32)
        size = self._chunk_size()
        return (batch[start : start + size] for start in range(0, len(batch), size))


def gradient_refused(card: Card) -> NotANetwork:
    """The error to raise where a gradient is asked of a model that has none."""
    return NotANetwork(NO_GRADIENT, name=card.name)


def _first_flip(answers: npt.NDArray[Any], label: int, target: int | None, start: int = 0) -> int | None:
    """The smallest n ≥ 1 among answers[n - start] that counts as a flip."""
    changed = answers == target if target is not None else answers != label
    hits = np.flatnonzero(changed) + start
    hits = hits[hits >= 1]
    return int(hits[0]) if len(hits) else None
