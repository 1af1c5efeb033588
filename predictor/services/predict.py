"""The answer of a model to a stored image, computed once and kept."""

import time
from typing import Any

from django.db import transaction

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
    seen = None
    if found is None:
        found, seen = _answered(image, known, card)
    found.image = image
    # Also on an answer that is older than the detector, or that the detector had no time for.
    if found.suspicion is None and detectors.watch(model_name):
        seen = seen or images.to_input(pixels_of(image), card)
        if suspicion_note(found, model_name=model_name, seen=seen):
            found.save(update_fields=["suspicion", "tampered", "versions"])
    return found


def _answered(image: Image, known: dict[str, Any], card: Card) -> tuple[Prediction, images.Input]:
    # The network answers outside the transaction: nobody else's writing waits for it.
    start = time.perf_counter()
    seen = images.to_input(pixels_of(image), card)
    verdict = engine.predict(card.name, seen)
    seconds = time.perf_counter() - start
    with transaction.atomic():
        prediction, _ = Prediction.objects.get_or_create(
            **known,
            defaults={
                "label": verdict.label,
                "class_name": verdict.class_name,
                "confidence": verdict.confidence,
                "unsure": verdict.unsure,
                "probabilities": verdict.probabilities,
                "found": seen.found,
                "seconds": seconds,
                "versions": engine.versions(),
            },
        )
    return prediction, seen
