"""The attacker who knows the detector: any attack by gradient, on answer and score at once.

Carlini & Wagner 2017, "Adversarial Examples Are Not Easily Detected", section 2.2: a defence counts against
whoever has it before his eyes. `PGD(steps=100)(Watched(detector), batch, epsilon=0.3, labels=truth)`.
"""

import numpy.typing as npt

from ml.defences.detection.detector import Detector
from ml.model import Floats, Model


class Watched(Model):
    """A model together with its detector, as an attack sees it: its gradient also leads to a low score."""

    def __init__(self, detector: Detector) -> None:
        super().__init__(detector.model.card)
        self.detector = detector

    def logits(self, batch: Floats) -> Floats:
        """The model's own."""
        return self.detector.model.logits(batch)

    def gradient(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """`Detector.evading`: to be ascended, like the gradient of the cross-entropy."""
        return self.detector.evading(batch, labels)

    def warm(self, *, answers: bool = True) -> None:
        """Compile what an attack asks."""
        self.detector.model.warm(answers=answers)
