"""A model that tells of every question put to it: so an attack, which knows no pause, can be stopped."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy.typing as npt

from ml.model import Climb, Floats, Loss, Model

Answer = TypeVar("Answer")


class Watched(Model):
    """`model`, calling `asked` after each question. What that raises ends the attack."""

    def __init__(self, model: Model, asked: Callable[[], None]) -> None:
        super().__init__(model.card)
        self._model, self._asked = model, asked

    @property
    def network(self) -> Any:
        return self._model.network

    def logits(self, batch: Floats) -> Floats:
        return self._told(self._model.logits(batch))

    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        return self._told(self._model.gradient(batch, labels))

    def climb(
        self,
        batch: Floats,
        labels: npt.ArrayLike,
        targets: npt.ArrayLike | None = None,
        *,
        loss: Loss = "cross-entropy",
    ) -> Climb:
        return self._told(self._model.climb(batch, labels, targets, loss=loss))

    def pullback(self, batch: Floats, weights: Floats) -> tuple[Floats, Floats]:
        return self._told(self._model.pullback(batch, weights))

    def warm(self, *, answers: bool = True) -> None:
        self._model.warm(answers=answers)

    def _told(self, answer: Answer) -> Answer:
        self._asked()
        return answer
