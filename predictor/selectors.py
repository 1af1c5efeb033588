"""What reads: history, the saved files of an image, whether an answer is still today's."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from ml.card import Card
from predictor import access, engine
from predictor.models import AdversarialImage, Image, Prediction

PAGE_ROWS = 20
SAVED_SHOWN = 50
ADVERSARIALS_PER_ROW = 6


@dataclass(frozen=True, kw_only=True)
class HistoryFilters:
    """What to show of the history; empty means everything."""

    model: str = ""
    class_name: str = ""
    attack: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return self != HistoryFilters()


@dataclass(frozen=True, kw_only=True)
class HistoryRow:
    """One image with all that came of it."""

    image: Image
    predictions: list[Prediction]
    adversarials: list[AdversarialImage]
    adversarial_count: int


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A page of what was saved from one image; `newer` and `older` are the numbers of the pages beside it."""

    rows: list[AdversarialImage]
    newer: int | None
    older: int | None

    def __bool__(self) -> bool:
        return bool(self.rows)


def images_filtered(*, user: User, filters: HistoryFilters) -> QuerySet[Image]:
    """This person's images, newest first, as far as `filters` let them through."""
    images = access.images_of(user)
    if filters.model or filters.class_name:
        answers = Prediction.objects.filter(image=OuterRef("pk"))
        if filters.model:
            answers = answers.filter(model_name=filters.model)
        if filters.class_name:
            answers = answers.filter(class_name=filters.class_name)
        images = images.filter(Exists(answers))
    if filters.attack:
        made = AdversarialImage.objects.filter(prediction__image=OuterRef("pk"), attack=filters.attack)
        images = images.filter(Exists(made))
    if filters.since:
        images = images.filter(created__gte=_midnight(filters.since))
    if filters.until:
        images = images.filter(created__lt=_midnight(filters.until) + dt.timedelta(days=1))
    if filters.text:
        images = images.filter(name__icontains=filters.text)
    return images.order_by("-created", "-id")


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def history_page(*, user: User, filters: HistoryFilters, number: str | int) -> Page[Any]:
    """One page of HistoryRow, in a fixed number of queries; a page that is not there gives the nearest."""
    page: Page[Any] = Paginator(images_filtered(user=user, filters=filters), PAGE_ROWS).get_page(number)
    page.object_list = history_rows(list(page.object_list))
    return page


def history_rows(images: list[Image]) -> list[HistoryRow]:
    """Each image with its predictions and its newest adversarial images: three queries for any number."""
    by_id = {image.pk: image for image in images}
    predictions = list(Prediction.objects.filter(image__in=by_id))
    made = list(
        AdversarialImage.objects.filter(prediction__image__in=by_id)
        .annotate(
            place=Window(RowNumber(), partition_by=F("prediction__image"), order_by=("-created", "-id"))
        )
        .filter(place__lte=ADVERSARIALS_PER_ROW)
    )
    counts = dict(
        AdversarialImage.objects.filter(prediction__image__in=by_id)
        .order_by()
        .values_list("prediction__image")
        .annotate(Count("pk"))
    )
    by_prediction = {prediction.pk: prediction for prediction in predictions}
    for prediction in predictions:
        prediction.image = by_id[prediction.image_id]
    for row in made:
        row.prediction = by_prediction[row.prediction_id]
    changed_mark(predictions)
    return [
        HistoryRow(
            image=image,
            predictions=[p for p in predictions if p.image_id == image.pk],
            adversarials=[row for row in made if row.prediction.image_id == image.pk],
            adversarial_count=counts.get(image.pk, 0),
        )
        for image in images
    ]


def changed_mark(predictions: Iterable[Prediction]) -> None:
    """Set `changed` where the weights are not those the model has today, or the model is gone."""
    rows = list(predictions)
    if not rows:
        return
    today = {card.name: card.weights_sha256 for card in engine.cards()}
    for prediction in rows:
        prediction.changed = today.get(prediction.model_name) != prediction.weights_sha256


Record = tuple[Image, Prediction | None, AdversarialImage | None]


def history_records(*, user: User, filters: HistoryFilters) -> Iterator[Record]:
    """(image, prediction, adversarial) for the CSV: each answer once, a bare image once, in page order."""
    images = images_filtered(user=user, filters=filters).prefetch_related("predictions__adversarials")
    for image in images.iterator(chunk_size=200):
        predictions = list(image.predictions.all())
        if not predictions:
            yield image, None, None
        for prediction in predictions:
            yield image, prediction, None
            for row in prediction.adversarials.all():
                yield image, prediction, row


def saved_of(*, image: Image, page: int = 1, first: AdversarialImage | None = None) -> Saved:
    """The adversarial images of an image by whatever model, newest first; `first` before all others."""
    rows = AdversarialImage.objects.filter(prediction__image=image).select_related("prediction__image")
    start = (page - 1) * SAVED_SHOWN
    found = list(rows[start : start + SAVED_SHOWN + 1])
    if not found and page > 1:
        return saved_of(image=image)
    shown = found[:SAVED_SHOWN]
    if first is not None:
        shown = [first, *(row for row in shown if row.pk != first.pk)]
    changed_mark(row.prediction for row in shown)
    return Saved(
        rows=shown,
        newer=page - 1 if page > 1 else None,
        older=page + 1 if len(found) > SAVED_SHOWN else None,
    )


def older_of(*, image: Image, card: Card) -> list[Prediction]:
    """Answers that earlier weights of this model gave to the image."""
    rows = list(image.predictions.filter(model_name=card.name).exclude(weights_sha256=card.weights_sha256))
    changed_mark(rows)
    return rows


def last_model_of(*, image: Image) -> str:
    """The model that answered last about this image, empty when none has."""
    return image.predictions.values_list("model_name", flat=True).first() or ""


def attacks_used(*, user: User) -> list[tuple[str, str]]:
    """(name, title) of every attack by which this person made a file that is kept, by title."""
    names = access.adversarials_of(user).order_by().values_list("attack", flat=True).distinct()
    return sorted(
        ((name, AdversarialImage(attack=name).attack_title) for name in names), key=lambda one: one[1]
    )


def class_names_known() -> list[str]:
    """Every class of every model, photos first, each once."""
    return list(dict.fromkeys(name for card in engine.cards() for name in card.class_names))
