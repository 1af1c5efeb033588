"""Deleting rows together with their files; the files go once the rows are gone for good."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from predictor import storage
from predictor.models import AdversarialImage, Image, Prediction


@transaction.atomic
def images_delete(*, images: QuerySet[Image]) -> int:
    """Delete images with their predictions and adversarial images; how many images it were."""
    ids = list(images.values_list("pk", flat=True))
    doomed = Image.objects.filter(pk__in=ids)
    _files_after_commit(AdversarialImage.objects.filter(prediction__image__in=ids))
    _files_after_commit(doomed)
    doomed.delete()
    return len(ids)


@transaction.atomic
def predictions_delete(*, predictions: QuerySet[Prediction]) -> int:
    """Delete predictions with their adversarial images; how many predictions it were."""
    ids = list(predictions.values_list("pk", flat=True))
    _files_after_commit(AdversarialImage.objects.filter(prediction__in=ids))
    Prediction.objects.filter(pk__in=ids).delete()
    return len(ids)


@transaction.atomic
def adversarials_delete(*, adversarials: QuerySet[AdversarialImage]) -> int:
    """Delete adversarial images; how many it were."""
    ids = list(adversarials.values_list("pk", flat=True))
    doomed = AdversarialImage.objects.filter(pk__in=ids)
    _files_after_commit(doomed)
    doomed.delete()
    return len(ids)


def selection_delete(*, owner: User, images: Iterable[UUID], adversarials: Iterable[UUID]) -> int:
    """Delete what of the selection belongs to `owner`; the rest is left alone. How many rows it were."""
    chosen = Image.objects.filter(owner=owner, pk__in=list(images))
    made = AdversarialImage.objects.filter(owner=owner, pk__in=list(adversarials))
    with transaction.atomic():
        return adversarials_delete(adversarials=made) + images_delete(images=chosen)


def owner_delete(*, user: User) -> int:
    """Delete everything this person has here; how many images it were."""
    return images_delete(images=Image.objects.filter(owner=user))


def _files_after_commit(rows: QuerySet[Image] | QuerySet[AdversarialImage]) -> None:
    keys = [key for pair in rows.values_list("file", "thumbnail") for key in pair]
    storage.remove_after_commit(keys)
