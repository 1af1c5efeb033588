"""The file of an adversarial image: written, read back from its own bytes, judged like an upload, kept."""

import math
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from ml import images
from ml.card import Card
from ml.defences.detection import Suspicion
from ml.distances import Distances
from ml.errors import sentence
from ml.verdict import Verdict
from predictor import engine, storage
from predictor.errors import QuotaReached
from predictor.models import AdversarialImage
from predictor.services.deletion import adversarials_delete
from predictor.services.suspicion import suspicion_note

MAX_ADVERSARIALS = 10_000


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file: its bytes, its pixels as decoded again, what the model sees of them, and what it answers."""

    data: bytes
    pixels: images.Pixels
    seen: images.Input
    verdict: Verdict
    suspicion: Suspicion | None


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file before it is stored, and what was measured on it; `flip_searched` is 0 where no flip was."""

    file: Written
    distances: Distances
    flip_steps: int | None = None
    flip_searched: int = 0


def written(perturbed: images.Pixels, card: Card) -> Written:
    """The file, and the answer to it by the way of any upload."""
    data = images.encode_png(perturbed)
    pixels = images.decode(data)
    seen = images.to_input(pixels, card)
    verdict, suspicion = engine.predict(card.name, seen)
    return Written(data=data, pixels=pixels, seen=seen, verdict=verdict, suspicion=suspicion)


def store(row: AdversarialImage, made: Made, *, replacing: bool = False) -> None:
    """Fill and save `row` with its files, both or neither.

    Args:
        replacing: an image of the same attack, norm, target, step and resolution makes room.

    Raises:
        IntegrityError: there is one, and it was not to be replaced.
        QuotaReached, StorageFull: there is no room for one more.
    """
    file, verdict = made.file, made.file.verdict
    row.owner = row.prediction.image.owner
    row.height, row.width = file.pixels.shape[:2]
    row.label, row.class_name = verdict.label, verdict.class_name
    row.confidence, row.unsure = verdict.confidence, verdict.unsure
    row.probabilities = verdict.probabilities
    row.linf, row.l2, row.ssim = made.distances.linf, made.distances.l2, made.distances.ssim
    row.psnr = made.distances.psnr if math.isfinite(made.distances.psnr) else None
    row.flip_steps, row.flip_searched = made.flip_steps, made.flip_searched
    suspicion_note(row, file.suspicion, model_name=row.prediction.model_name)
    with storage.draft() as draft:
        row.file = draft.put("adversarial", file.data, ".png")
        row.thumbnail = draft.put("thumbnails", images.thumbnail(file.pixels), ".webp")
        row.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            if replacing:
                adversarials_delete(adversarials=_same(row))
            _quota_check(row.owner)
            row.save(force_insert=True)


def _same(row: AdversarialImage) -> QuerySet[AdversarialImage]:
    return AdversarialImage.objects.filter(
        prediction=row.prediction,
        attack=row.attack,
        norm=row.norm,
        target=row.target,
        steps=row.steps,
        resolution=row.resolution,
    )


def _quota_check(owner: User) -> None:
    if AdversarialImage.objects.filter(owner=owner).count() >= MAX_ADVERSARIALS:
        raise QuotaReached(
            sentence("You keep %(count)s perturbed images already, the most one person may: delete some."),
            count=MAX_ADVERSARIALS,
        )
