"""What every model of a domain says of one image, side by side.

Nothing is written: looking around adds no line to the history and does not change which model opens next.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ml import epsilon, images
from ml.card import Card
from predictor import detectors, engine
from predictor.models import Image
from predictor.services.upload import pixels_of

# Asked again within minutes, by a reload or from the laboratory of another model.
_KEPT = 256
_kept: "OrderedDict[tuple[str, str, str], Compared]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One model's answer to one image, and how much it takes to change it.

    `flip_steps` is the smallest n/255 up to `searched` of untargeted FGSM at the model's resolution, None
    where there is none; `searched` is 0 for a model without a gradient. `suspicion` and `tampered` are the
    detector's, None without one. Within `proven_steps`/255 no change alters the answer; None where bounds
    cannot be computed.
    """

    class_name: str
    confidence: float
    unsure: bool
    flip_steps: int | None
    searched: int
    suspicion: float | None
    tampered: bool | None
    proven_steps: int | None

    @property
    def percent(self) -> float:
        return 100 * self.confidence

    @property
    def flip_text(self) -> str:
        return "" if self.flip_steps is None else epsilon.text(self.flip_steps)

    @property
    def searched_text(self) -> str:
        return epsilon.text(self.searched)

    @property
    def proven_text(self) -> str:
        return "" if self.proven_steps is None else epsilon.text(self.proven_steps)


def cards_beside(card: Card) -> list[Card]:
    """Every model of the same domain, `card` among them."""
    return [one for one in engine.cards() if one.domain == card.domain]


def compared(*, image: Image, card: Card) -> Compared:
    """The answer of one model with all that is said of it; kept for a while.

    Raises:
        ModelUnavailable, Busy: the model cannot answer, or not now.
        DataMissing: it is fitted at first use, and its training data are not there.
        FileMissing, ImageRefused: the stored file is gone or damaged.
    """
    key = card.name, card.weights_sha256, image.sha256
    with _lock:
        found = _kept.get(key)
    if found is None:
        found = _compared(image, card)
        if found.suspicion is None and detectors.watch(card.name):
            return found  # its detector had no time: the next one asks it again
        with _lock:
            _kept[key] = found
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return found


def _compared(image: Image, card: Card) -> Compared:
    seen = images.to_input(pixels_of(image), card)
    verdict, watched = engine.answer(card.name, seen)
    searched = card.axis_steps if card.gradient else 0
    return Compared(
        class_name=verdict.class_name,
        confidence=verdict.confidence,
        unsure=verdict.unsure,
        flip_steps=engine.sweep(card.name, seen.image, max_steps=searched).flip_steps if searched else None,
        searched=searched,
        suspicion=watched.score if watched else None,
        tampered=watched.tampered if watched else None,
        proven_steps=engine.proven_steps(card.name, seen.image, verdict.label),
    )
