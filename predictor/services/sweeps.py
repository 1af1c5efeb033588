"""The ε axis of one image: asked for by the slider, the curve, the sign map and every saved file."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ml import images
from ml.card import Card
from ml.errors import OptionRefused, sentence
from predictor import engine
from predictor.models import Prediction
from predictor.services.upload import pixels_of

if TYPE_CHECKING:
    from ml.model import Sweep

# A page asks for the same sweep several times within seconds; 32 photos of 224×224 are 5 MB.
_KEPT = 32
_kept: "OrderedDict[tuple[object, ...], Sweep]" = OrderedDict()
_lock = threading.Lock()


def target_label(*, card: Card, prediction: Prediction, target: str) -> int | None:
    """The index of the target class, None for any other class.

    Raises:
        OptionRefused: the model has no such class, or answers it already.
    """
    if not target:
        return None
    if target not in card.class_names:
        raise OptionRefused(
            sentence("“%(model)s” has no class “%(name)s”; it knows %(classes)s."),
            model=card.name,
            name=target,
            classes=", ".join(card.class_names),
        )
    if target == prediction.class_name:
        raise OptionRefused(
            sentence("The model answers “%(name)s” already: choose another target class."), name=target
        )
    return card.class_names.index(target)


def input_of(*, prediction: Prediction, card: Card) -> images.Pixels:
    """What the model sees of the prediction's image, uint8 (H, W, C)."""
    return images.to_input(pixels_of(prediction.image), card).image


def sweep_for(*, prediction: Prediction, target: str = "", max_steps: int) -> "Sweep":
    """FGSM for n = 0..max_steps; an untargeted sweep also notes the flip on the prediction.

    Raises:
        OptionRefused: the target cannot be one.
        ModelUnavailable, Busy: the model cannot answer.
    """
    card = engine.card(prediction.model_name)
    label = target_label(card=card, prediction=prediction, target=target)
    key = (card.name, card.weights_sha256, prediction.image.sha256, label, max_steps)
    with _lock:
        sweep = _kept.get(key)
    if sweep is None:
        sweep = engine.sweep(
            card.name, input_of(prediction=prediction, card=card), target=label, max_steps=max_steps
        )
        with _lock:
            _kept[key] = sweep
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    if label is None:
        _flip_note(prediction=prediction, sweep=sweep, max_steps=max_steps)
    return sweep


def _flip_note(*, prediction: Prediction, sweep: "Sweep", max_steps: int) -> None:
    """Keep the flip; a search up to fewer steps than before says nothing new."""
    if prediction.flip_searched >= max_steps:
        return
    prediction.flip_steps = sweep.flip_steps
    prediction.flip_searched = max_steps
    Prediction.objects.filter(pk=prediction.pk).update(flip_steps=sweep.flip_steps, flip_searched=max_steps)
