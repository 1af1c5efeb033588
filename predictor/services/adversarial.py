"""An adversarial image: written in whole steps, read back from its own bytes, judged like an upload."""

import math
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from ml import compose, epsilon, images
from ml.card import Card
from ml.distances import Distances, between
from ml.errors import OptionRefused, sentence
from ml.verdict import Verdict
from predictor import engine, storage
from predictor.errors import QuotaReached
from predictor.models import AdversarialImage, Image, Prediction
from predictor.services.predict import prediction_get_or_create
from predictor.services.suspicion import suspicion_note
from predictor.services.sweeps import input_of, sweep_for, target_label
from predictor.services.upload import pixels_of

MAX_ADVERSARIALS = 10_000
ATTACK = "fgsm"
Resolution = AdversarialImage.Resolution


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file before it is stored: its bytes, its pixels as decoded again, and what was measured on them."""

    data: bytes
    pixels: images.Pixels
    verdict: Verdict
    distances: Distances
    flip_steps: int | None
    flip_searched: int


def adversarial_create(
    *, image: Image, model_name: str, epsilon_text: str, target: str = "", resolution: str = Resolution.MODEL
) -> AdversarialImage:
    """Attack `image` by FGSM, store the file and the verdict on it; asked again, the same row comes back.

    Raises:
        EpsilonRefused: the text is no ε, or it is below 1/255.
        OptionRefused: the target or the resolution cannot be had.
        ModelUnavailable, Busy: the model cannot answer.
        QuotaReached, StorageFull: there is no room for one more.
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
        _store(row, made)
    except IntegrityError:
        # The same request twice at once: the first one's row serves both.
        return AdversarialImage.objects.get(**identity)
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
    data, pixels, verdict = _written(compose.perturb(seen, sweep.sign, steps), card)
    return Made(
        data=data,
        pixels=pixels,
        verdict=verdict,
        distances=between(seen, images.to_input(pixels, card).image),
        flip_steps=sweep.flip_steps,
        flip_searched=searched,
    )


def _at_stored_resolution(prediction: Prediction, card: Card, label: int | None, steps: int) -> Made:
    stored = pixels_of(prediction.image)
    sign = engine.sign_for_stored(card.name, stored, target=label)
    data, pixels, verdict = _written(compose.perturb(stored, sign, steps), card)
    searched = max(card.axis_steps, steps)
    return Made(
        data=data,
        pixels=pixels,
        verdict=verdict,
        distances=between(stored, pixels),
        flip_steps=_flip_at_stored(stored, sign, prediction, card, label, searched),
        flip_searched=searched,
    )


def _written(perturbed: images.Pixels, card: Card) -> tuple[bytes, images.Pixels, Verdict]:
    """The file, what it decodes to, and the answer to that by the way of any upload."""
    data = images.encode_png(perturbed)
    pixels = images.decode(data)
    return data, pixels, engine.predict(card.name, images.to_input(pixels, card))


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


def _store(row: AdversarialImage, made: Made) -> None:
    """Fill and save `row` with its files, both or neither."""
    row.height, row.width = made.pixels.shape[:2]
    row.label = made.verdict.label
    row.class_name = made.verdict.class_name
    row.confidence = made.verdict.confidence
    row.unsure = made.verdict.unsure
    row.probabilities = made.verdict.probabilities
    row.linf, row.l2, row.ssim = made.distances.linf, made.distances.l2, made.distances.ssim
    row.psnr = made.distances.psnr if math.isfinite(made.distances.psnr) else None
    row.flip_steps, row.flip_searched = made.flip_steps, made.flip_searched
    suspicion_note(row, card=engine.card(row.prediction.model_name), pixels=made.pixels)
    with storage.draft() as draft:
        row.file = draft.put("adversarial", made.data, ".png")
        row.thumbnail = draft.put("thumbnails", images.thumbnail(made.pixels), ".webp")
        row.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            _quota_check(row.prediction.image.owner_id)
            row.save(force_insert=True)


def _quota_check(owner_id: int) -> None:
    if AdversarialImage.objects.filter(prediction__image__owner=owner_id).count() >= MAX_ADVERSARIALS:
        raise QuotaReached(
            sentence("You keep %(count)s perturbed images already, the most one person may: delete some."),
            count=MAX_ADVERSARIALS,
        )
