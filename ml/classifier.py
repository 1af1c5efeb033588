"""A trained network: logits and gradients of `ml.model.Model`, from its graphs (`ml.graphs`)."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.graphs import Outputs
from ml.graphs.inference import Inference, inference_for
from ml.images import to_float
from ml.model import Climb, Floats, Loss, Model, Pixels

# What the graph `own` takes for the network's own answer.
_OWN = -1


class Classifier(Model):
    """A network with its card. Safe to call from several threads."""

    def __init__(self, network: Any, card: Card) -> None:
        """`network` is a keras.Model: (N, H, W, C) float32 in [0, 1] in, logits (N, classes) out."""
        super().__init__(card)
        self._network = network
        self._lock = threading.Lock()
        self._compiled: dict[str, Callable[..., Outputs]] = {}

    @property
    def network(self) -> Any:
        return self._network

    def logits(self, batch: Floats) -> Floats:
        """Logits (N, classes) of a batch (N, H, W, C) float32 in [0, 1]."""
        if not len(batch):
            return np.zeros((0, len(self.class_names)), np.float32)
        return self._run("forward", batch)[0]

    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """∂ Σ CE(logits, labels) / ∂ batch, in inference mode, (N, H, W, C). `labels` is (N,) of int."""
        rows = _rows(batch, labels)
        return self._run("gradient", batch, rows)[0] if len(batch) else np.zeros_like(batch)

    def climb(
        self,
        batch: Floats,
        labels: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        *,
        loss: Loss = "cross-entropy",
    ) -> Climb:
        rows = [_rows(batch, labels)] + ([] if targets is None else [_rows(batch, targets)])
        logits, losses, gradient = self._run(loss if targets is None else f"{loss}-to", batch, *rows)
        return Climb(logits=logits, losses=losses, gradient=gradient)

    def pullback(self, batch: Floats, weights: Floats) -> tuple[Floats, Floats]:
        logits, gradient = self._run("pullback", batch, np.asarray(weights, np.float32))
        return logits, gradient

    def attack_gradient(self, image: Pixels, *, target: int | None = None) -> tuple[int, Floats]:
        # One pass there and back, in which the answer comes along.
        labels = np.array([_OWN if target is None else target], np.int64)
        logits, gradient = self._run("own", to_float(image)[None], labels)
        return int(logits[0].argmax()), gradient[0] if target is None else -gradient[0]

    def warm(self, *, answers: bool = True) -> None:
        self._warm(answers=answers, attacks=True)

    def _warm(self, *, answers: bool, attacks: bool) -> None:
        if answers:
            for count in (1, 2):
                self.logits(np.zeros((count, *self.input_shape), np.float32))
        if attacks:
            self.attack_gradient(np.zeros(self.input_shape, np.uint8))

    def _run(self, name: str, batch: Floats, *rows: npt.NDArray[Any]) -> Outputs:
        """The graph `name` over the chunks of a batch, and of what belongs to its rows."""
        start, parts = 0, []
        for chunk in self._chunks(batch):
            stop = start + len(chunk)
            function = self._function(name, len(chunk))
            parts.append(function(chunk, *(row[start:stop] for row in rows)))
            start = stop
        if len(parts) == 1:
            return parts[0]
        return tuple(np.concatenate(each) for each in zip(*parts, strict=True))

    def _function(self, name: str, count: int) -> Callable[..., Outputs]:
        """The graph `name`; `count` is how many images it will be given."""
        with self._lock:
            if name not in self._compiled:
                from ml.graphs.traced import compile_graph

                self._compiled[name] = compile_graph(self.network, self.input_shape, name)
            return self._compiled[name]


class Shelved(Classifier):
    """A network of the zoo, which does not change: it has the graphs of `ml.graphs.inference`, too.

    Where those do, neither the network nor TensorFlow is loaded.
    """

    def __init__(self, build: Callable[[], Any], card: Card) -> None:
        """`build` gives the keras.Model with the weights that the card names."""
        super().__init__(None, card)
        self._build = build
        self._looked = False
        self._found: Inference | None = None
        self._building = threading.RLock()

    @property
    def network(self) -> Any:
        with self._building:
            if self._network is None:
                import tensorflow as tf

                # Whoever reaches for it first may be tracing a function: weights that are put into a network
                # there never arrive.
                with tf.init_scope():
                    self._network = self._build()
            return self._network

    def warm(self, *, answers: bool = True) -> None:
        """As of any network; but a gradient that needs TensorFlow waits until somebody wants it."""
        self._warm(answers=answers, attacks=self._inference is None or self._inference.goes_back)

    def slope(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        # The loss that comes along costs nothing.
        return self.climb(batch, labels).gradient if len(batch) else np.zeros_like(batch)

    def _function(self, name: str, count: int) -> Callable[..., Outputs]:
        inference = self._inference
        if inference and inference.suits(name, count):
            return partial(inference.run, name)
        return super()._function(name, count)

    @property
    def _inference(self) -> Inference | None:
        """Made when first needed, by one thread only."""
        with self._building:
            if not self._looked:
                self._found = inference_for(self.card, lambda: self.network)
                self._looked = True
            return self._found


def _rows(batch: Floats, labels: npt.ArrayLike) -> npt.NDArray[np.int64]:
    rows = np.asarray(labels, np.int64)
    if rows.shape != (len(batch),):
        raise ValueError(f"{len(batch)} images need {len(batch)} labels, not shape {rows.shape}")
    return rows
