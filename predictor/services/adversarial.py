"""An adversarial image: written in whole steps, read back from its own bytes, judged like an upload."""

from django.db import IntegrityError

from ml import compose, epsilon, images
from ml.card import Card
from ml.distances import between
from ml.errors import OptionRefused, sentence
from predictor import engine
from predictor.models import AdversarialImage, Image, Prediction
from predictor.services.adversarial_files import Made, store, written
from predictor.services.predict import prediction_get_or_create, stored_meanwhile
from predictor.services.sweeps import input_of, sweep_for, target_label
from predictor.services.upload import pixels_of

ATTACK = "fgsm"
Resolution = AdversarialImage.Resolution


def adversarial_create(
    *, image: Image, model_name: str, epsilon_text: str, target: str = "", resolution: str = Resolution.MODEL
) -> AdversarialImage:
    """Attack `image` by FGSM, store the file and the verdict on it; asked again, the same row comes back.

    Raises:
        EpsilonRefused: the text is no ε, or it is below 1/255.
        OptionRefused: the target or the resolution cannot be had.
        ModelUnavailable, Busy: the model cannot answer.
        QuotaReached, StorageFull: there is no room for one more.
        Deleted: the image is gone by now.
    """
    asked = epsilon.parse(epsilon_text)
    steps = epsilon.file_steps(asked)
    prediction = prediction_get_or_create(image=image, model_name=model_name)
    card = engine.card(model_name)
    _resolution_check(card, resolution)
    label = target_label(card=card, prediction=prediction, target=target)
    identity = {
        "prediction": prediction,
        "attack": ATTACK,
        "norm": AdversarialImage.Norm.LINF,
        "target": target,
        "steps": steps,
        "resolution": resolution,
    }
    existing = AdversarialImage.objects.filter(**identity).first()
    if existing:
        return existing
    if resolution == Resolution.MODEL:
        made = _at_model_resolution(prediction, card, target, steps)
    else:
        made = _at_stored_resolution(prediction, card, label, steps)
    row = AdversarialImage(
        **identity,
        epsilon_asked=asked,
        parameters={
            "norm": "linf",
            "epsilon_written": steps / epsilon.LEVELS,
            "attacked_class": prediction.class_name,
            "model": model_name,
            "weights_sha256": prediction.weights_sha256,
        },
        versions=engine.versions(),
    )
    try:
        store(row, made)
    except IntegrityError:
        return stored_meanwhile(AdversarialImage.objects.filter(**identity))
    return row


def _resolution_check(card: Card, resolution: str) -> None:
    if resolution not in Resolution.values:
        raise OptionRefused(sentence("Choose the model's resolution or the image's own."))
    if resolution == Resolution.STORED and card.domain != "photos":
        raise OptionRefused(sentence("Only photos can be perturbed at their own resolution."))


def _at_model_resolution(prediction: Prediction, card: Card, target: str, steps: int) -> Made:
    seen = input_of(prediction=prediction, card=card)
    searched = max(card.axis_steps, steps)
    sweep = sweep_for(prediction=prediction, target=target, max_steps=searched)
    file = written(compose.perturb(seen, sweep.sign, steps), card)
    return Made(
        file=file,
        distances=between(seen, file.seen.image),
        flip_steps=sweep.flip_steps,
        flip_searched=searched,
    )


def _at_stored_resolution(prediction: Prediction, card: Card, label: int | None, steps: int) -> Made:
    stored = pixels_of(prediction.image)
    sign = engine.sign_for_stored(card.name, stored, target=label)
    file = written(compose.perturb(stored, sign, steps), card)
    searched = max(card.axis_steps, steps)
    return Made(
        file=file,
        distances=between(stored, file.pixels),
        flip_steps=_flip_at_stored(stored, sign, prediction, card, label, searched),
        flip_searched=searched,
    )


def _flip_at_stored(
    stored: images.Pixels,
    sign: compose.Signs,
    prediction: Prediction,
    card: Card,
    label: int | None,
    searched: int,
) -> int | None:
    """The smallest n whose file would be answered otherwise.

    The sign map is a surrogate here, so each n goes the way of an upload; PNG loses nothing, so writing and
    reading each file is left out.
    """
    for n in range(1, searched + 1):
        seen = images.to_input(compose.perturb(stored, sign, n), card)
        answer = engine.predict(card.name, seen).label
        if answer == label if label is not None else answer != prediction.label:
            return n
    return None
