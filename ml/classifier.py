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
from ml.graphs.traced import compile_graph
from ml.model import Climb, Floats, Loss, Model


class Classifier(Model):
    """A network with its card. Safe to call from several threads."""

    def __init__(self, network: Any, card: Card, *, faster: bool = False) -> None:
        """`network` is a keras.Model: (N, H, W, C) float32 in [0, 1] in, logits (N, classes) out.

        Args:
            faster: also use the graphs of `ml.graphs.inference`. They are made once for the weights that the
                card names, so the network must be what the card says, and must not change.
        """
        super().__init__(card)
        self._network = network
        self._lock = threading.Lock()
        self._compiled: dict[str, Callable[..., Outputs]] = {}
        self._faster = faster
        self._inference: Inference | None = None

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

    def warm(self) -> None:
        """Compile both functions and run each once, so that the first person does not wait."""
        blank = np.zeros((1, *self.input_shape), np.float32)
        self.logits(blank)
        self.gradient(blank, [0])

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
        """The faster graph for so many images."""
        with self._lock:
            if self._faster:
                self._inference = inference_for(self._network, self.input_shape, self.card.weights_sha256)
                self._faster = False
            if self._inference and self._inference.suits(name, count):
                return partial(self._inference.run, name)
            if name not in self._compiled:
                self._compiled[name] = compile_graph(self._network, self.input_shape, name)
            return self._compiled[name]


def _rows(batch: Floats, labels: npt.ArrayLike) -> npt.NDArray[np.int64]:
    rows = np.asarray(labels, np.int64)
    if rows.shape != (len(batch),):
        raise ValueError(f"{len(batch)} images need {len(batch)} labels, not shape {rows.shape}")
    return rows
