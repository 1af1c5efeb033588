"""A trained network as the rest of the project uses it: logits, gradients, the ε sweep.

How it is fast: the forward pass and the input gradient are each compiled once into a TensorFlow
graph with an open batch axis, and the weights are then frozen into it as constants, which lets
the runtime fold batch normalisation into the convolutions. A new batch size compiles nothing.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import compose, epsilon
from ml.card import Card
from ml.errors import OptionRefused, sentence
from ml.images import Input, to_float
from ml.verdict import Verdict, softmax, unsure, verdict, verdicts

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]

# Images × values that one pass may hold: 32 photos of 224×224×3, thousands of digits.
_CHUNK_VALUES = 32 * 224 * 224 * 3


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


class Classifier:
    """A network with its card. Safe to call from several threads."""

    def __init__(self, network: Any, card: Card) -> None:
        """`network` is a keras.Model: (N, H, W, C) float32 in [0, 1] in, logits (N, classes) out."""
        self.network = network
        self.card = card
        self._lock = threading.Lock()
        self._compiled: dict[str, Callable[..., Any]] = {}

    @property
    def class_names(self) -> list[str]:
        return self.card.class_names

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.card.input_shape

    def logits(self, batch: Floats) -> Floats:
        """Logits (N, classes) of a batch (N, H, W, C) float32 in [0, 1]."""
        forward = self._function("forward")
        rows = [forward(part).numpy() for part in self._chunks(batch)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.class_names)), np.float32)

    def probabilities(self, batch: Floats) -> Floats:
        """Softmax of `logits`, (N, classes)."""
        return softmax(self.logits(batch))

    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """∂ Σ CE(logits, labels) / ∂ batch, in inference mode, (N, H, W, C). `labels` is (N,) of int."""
        labels = np.asarray(labels, np.int64)
        if labels.shape != (len(batch),):
            raise ValueError(f"{len(batch)} images need {len(batch)} labels, not shape {labels.shape}")
        backward, start, parts = self._function("backward"), 0, []
        for part in self._chunks(batch):
            parts.append(backward(part, labels[start : start + len(part)]).numpy())
            start += len(part)
        return np.concatenate(parts) if parts else np.zeros_like(batch)

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
        pixels = np.rint(image * epsilon.LEVELS).astype(np.uint8)
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

    def warm(self) -> None:
        """Compile both functions and run each once, so that the first person does not wait."""
        blank = np.zeros((1, *self.input_shape), np.float32)
        self.logits(blank)
        self.gradient(blank, [0])

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

    def _function(self, name: str) -> Callable[..., Any]:
        with self._lock:
            if name not in self._compiled:
                self._compiled[name] = _compile(self.network, self.input_shape, name)
            return self._compiled[name]


def _first_flip(answers: npt.NDArray[Any], label: int, target: int | None, start: int = 0) -> int | None:
    """The smallest n ≥ 1 among answers[n - start] that counts as a flip."""
    changed = answers == target if target is not None else answers != label
    hits = np.flatnonzero(changed) + start
    hits = hits[hits >= 1]
    return int(hits[0]) if len(hits) else None


def _compile(network: Any, shape: tuple[int, int, int], name: str) -> Callable[..., Any]:
    """The forward pass or the input gradient as a frozen graph."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def forward(batch: Any) -> Any:
        return network(batch, training=False)

    def backward(batch: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=forward(batch))
        return tape.gradient(loss, batch)

    signature = [tf.TensorSpec([None, *shape], tf.float32)]
    if name == "backward":
        signature.append(tf.TensorSpec([None], tf.int64))
    function = tf.function(forward if name == "forward" else backward, input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())

    # Called by itself a frozen function costs 3 ms more a call than from inside a traced one.
    def unwrapped(*arguments: Any) -> Any:
        return frozen(*arguments)[0]

    traced = tf.function(unwrapped, input_signature=signature).get_concrete_function()
    return lambda *arguments: traced(*(tf.constant(value) for value in arguments))
