"""The answer of a model to a stored image, computed once and kept."""

import time
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from ml import images
from ml.card import Card
from predictor import detectors, engine
from predictor.errors import Deleted
from predictor.models import Answer, Image, Prediction
from predictor.services.answers import answer_note, suspicion_note
from predictor.services.upload import pixels_of

Stored = TypeVar("Stored", bound=Answer)


def prediction_get_or_create(*, image: Image, model_name: str) -> Prediction:
    """The answer that today's weights of `model_name` give to `image`.

    Raises:
        ModelUnavailable, Busy: the model cannot answer.
        Deleted: the image is gone by now.
        FileMissing, ImageRefused: the stored file is gone or damaged.
    """
    card = engine.card(model_name)
    known = {"image": image, "model_name": model_name, "weights_sha256": card.weights_sha256}
    found = Prediction.objects.filter(**known).first()
    if found is None:
        found = _answered(image, known, card)
    # Also of an answer that is older than the detector, or that the detector had no time for.
    elif found.suspicion is None and detectors.watch(model_name):
        told = detectors.answered(model_name, images.to_input(pixels_of(image), card))
        if told:
            suspicion_note(found, told[1])
            noted = {name: getattr(found, name) for name in ("suspicion", "tampered", "versions")}
            Prediction.objects.filter(pk=found.pk).update(**noted)
    found.image = image
    return found


def _answered(image: Image, known: dict[str, Any], card: Card) -> Prediction:
    # The network answers outside the transaction: nobody else's writing waits for it.
    start = time.perf_counter()
    seen = images.to_input(pixels_of(image), card)
    said = engine.answer(card.name, seen)
    seconds = time.perf_counter() - start
    made = Prediction(**known, found=seen.found, seconds=seconds, versions=engine.versions())
    answer_note(made, said)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return stored_meanwhile(Prediction.objects.filter(**known))
    return made


def stored_meanwhile(rows: QuerySet[Stored]) -> Stored:
    """The row of whoever asked for the same at the same time and was quicker.

    Raises:
        Deleted: there is none: what the row was to belong to is gone.
    """
    found = rows.first()
    if found is None:
        raise Deleted
    return found
