"""From an uploaded file to a stored image."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from ml import images
from ml.errors import EpsilonError, ImageRefused, OptionRefused, sentence
from predictor import engine, storage
from predictor.errors import Deleted, QuotaReached, UploadRefused
from predictor.models import Image
from predictor.naming import clean_name

MAX_IMAGES = 2000


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What became of one file: an image, or the error that says why not."""

    name: str
    image: Image | None = None
    error: EpsilonError | None = None


def upload_many(*, owner: User, files: "Iterable[UploadedFile[Any]]") -> list[Upload]:
    """Store each file that is accepted; a refused one does not keep the others out.

    Raises:
        UploadRefused: there is no file at all.
    """
    results = [_upload_or_error(owner, file, place) for place, file in enumerate(files)]
    if not results:
        raise UploadRefused(sentence("Choose at least one image first."))
    return results


def _upload_or_error(owner: User, file: "UploadedFile[Any]", place: int) -> Upload:
    name = clean_name(file.name or "")
    try:
        if place >= settings.UPLOAD_MAX_FILES:
            raise UploadRefused(
                sentence("At most %(count)s files at once: send this one again."),
                count=settings.UPLOAD_MAX_FILES,
            )
        # Judged by its announced size first: what is too heavy is never read into memory.
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise ImageRefused(images.HEAVY)
        return Upload(name=name, image=image_upload(owner=owner, name=name, data=file.read()))
    except EpsilonError as error:
        return Upload(name=name, error=error)


def image_upload(*, owner: User, name: str, data: bytes) -> Image:
    """Decode one file and store its pixels.

    Raises:
        ImageRefused: it is not an accepted image.
        QuotaReached: the owner has MAX_IMAGES already.
        StorageFull: there is no room left.
    """
    return image_create(owner=owner, name=clean_name(name), pixels=images.decode(data))


def image_create(*, owner: User, name: str, pixels: images.Pixels) -> Image:
    """Store uint8 (H, W, 3) pixels as a new image: its files first, then its row, both or neither.

    Raises:
        QuotaReached: the owner has MAX_IMAGES already.
        StorageFull: there is no room left.
    """
    data = images.encode_store(pixels)
    with storage.draft() as draft:
        image = Image(
            owner=owner,
            name=name,
            sha256=hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest(),
            width=pixels.shape[1],
            height=pixels.shape[0],
            bytes=len(data),
            file=draft.put("images", data, ".webp"),
            thumbnail=draft.put("thumbnails", images.thumbnail(pixels), ".webp"),
        )
        image.full_clean(exclude=["owner"], validate_unique=False)
        with transaction.atomic():
            _quota_check(owner)
            image.save(force_insert=True)
    image.decoded = pixels
    return image


def _quota_check(owner: User) -> None:
    if Image.objects.filter(owner=owner).count() >= MAX_IMAGES:
        raise QuotaReached(
            sentence("You keep %(count)s images already, the most one person may: delete some first."),
            count=MAX_IMAGES,
        )


def pixels_of(image: Image) -> images.Pixels:
    """The stored uint8 (H, W, 3); the file is read and decoded once for each object.

    Raises:
        FileMissing: the file is gone.
        ImageRefused: the file is damaged.
    """
    if image.decoded is None:
        image.decoded = images.read_store(storage.read(image.file))
    return image.decoded


def image_invert(*, image: Image) -> Image:
    """A new image with light and dark exchanged: for a digit drawn the other way round."""
    name = clean_name(f"inverted-{image.name}")
    return image_create(owner=image.owner, name=name, pixels=255 - pixels_of(image))


def truth_set(*, image: Image, true_class: str) -> None:
    """State what the image really shows; empty takes it back.

    Raises:
        OptionRefused: no model knows such a class.
        Deleted: the image is gone by now.
    """
    if true_class and not any(true_class in engine.card(name).class_names for name in engine.names()):
        raise OptionRefused(sentence("No model knows a class “%(name)s”."), name=true_class)
    if not Image.objects.filter(pk=image.pk).update(true_class=true_class):
        raise Deleted
    image.true_class = true_class
