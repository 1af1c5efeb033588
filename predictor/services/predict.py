"""The answer of a model to a stored image, computed once and kept."""

import time
from typing import Any

from django.db import IntegrityError, transaction

from ml import images
from ml.card import Card
from predictor import detectors, engine
from predictor.models import Image, Prediction
from predictor.services.suspicion import suspicion_note
from predictor.services.upload import pixels_of


def prediction_get_or_create(*, image: Image, model_name: str) -> Prediction:
    """The answer that today's weights of `model_name` give to `image`.

    Raises:
        ModelUnavailable, Busy: the model cannot answer.
        FileMissing, ImageRefused: the stored file is gone or damaged.
    """
    card = engine.card(model_name)
    known = {"image": image, "model_name": model_name, "weights_sha256": card.weights_sha256}
    found = Prediction.objects.filter(**known).first()
    if found is None:
        found = _answered(image, known, card)
    # An answer that is older than the detector.
    elif found.suspicion is None and detectors.watch(model_name):
        said = engine.predict(model_name, images.to_input(pixels_of(image), card))
        suspicion_note(found, said.suspicion, model_name=model_name)
        found.save(update_fields=["suspicion", "tampered", "versions"])
    found.image = image
    return found


def _answered(image: Image, known: dict[str, Any], card: Card) -> Prediction:
    # The network answers outside the transaction: nobody else's writing waits for it.
    start = time.perf_counter()
    seen = images.to_input(pixels_of(image), card)
    verdict, suspicion = engine.predict(card.name, seen)
    seconds = time.perf_counter() - start
    made = Prediction(
        **known,
        label=verdict.label,
        class_name=verdict.class_name,
        confidence=verdict.confidence,
        unsure=verdict.unsure,
        probabilities=verdict.probabilities,
        found=seen.found,
        seconds=seconds,
        versions=engine.versions(),
    )
    suspicion_note(made, suspicion, model_name=card.name)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        # Whoever asked for the same at the same time was quicker.
        return Prediction.objects.get(**known)
    return made
