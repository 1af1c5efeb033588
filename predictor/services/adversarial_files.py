"""The file of an adversarial image: written, read back from its own bytes, judged like an upload, kept."""

import math
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from ml import images
from ml.card import Card
from ml.distances import Distances
from ml.errors import sentence
from predictor import engine, storage
from predictor.errors import QuotaReached
from predictor.models import AdversarialImage
from predictor.services.answers import answer_note
from predictor.services.deletion import adversarials_delete

MAX_ADVERSARIALS = 10_000


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file: its bytes, its pixels as decoded again, what the model sees of them, and what was said."""

    data: bytes
    pixels: images.Pixels
    seen: images.Input
    said: engine.Answered


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file before it is stored, and what was measured on it; `flip_searched` is 0 where no flip was."""

    file: Written
    distances: Distances
    flip_steps: int | None = None
    flip_searched: int = 0


def written(perturbed: images.Pixels, card: Card) -> Written:
    """The file, and the answer to it by the way of any upload."""
    data, pixels = read_back(perturbed)
    seen = images.to_input(pixels, card)
    return Written(data=data, pixels=pixels, seen=seen, said=engine.answer(card.name, seen))


def read_back(perturbed: images.Pixels) -> tuple[bytes, images.Pixels]:
    """The bytes of the file, and what an upload of it would be."""
    data = images.encode_png(perturbed)
    return data, images.decode(data)


def store(row: AdversarialImage, made: Made, *, replacing: bool = False) -> None:
    """Fill and save `row` with its files, both or neither.

    Args:
        replacing: an image of the same attack, norm, target, step and resolution makes room.

    Raises:
        IntegrityError: there is one, and it was not to be replaced.
        QuotaReached, StorageFull: there is no room for one more.
    """
    file = made.file
    row.owner = row.prediction.image.owner
    row.height, row.width = file.pixels.shape[:2]
    answer_note(row, file.said)
    row.linf, row.l2, row.ssim = made.distances.linf, made.distances.l2, made.distances.ssim
    row.psnr = made.distances.psnr if math.isfinite(made.distances.psnr) else None
    row.flip_steps, row.flip_searched = made.flip_steps, made.flip_searched
    with storage.draft() as draft:
        row.file = draft.put("adversarial", file.data, ".png")
        row.thumbnail = draft.put("thumbnails", images.thumbnail(file.pixels), ".webp")
        row.full_clean(exclude=["owner", "prediction"], validate_unique=False, validate_constraints=False)
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
