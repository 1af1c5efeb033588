"""The history as CSV, line by line, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator

from django.contrib.auth.models import User

from predictor import selectors
from predictor.models import AdversarialImage, Image, Prediction

COLUMNS = (
    "image_id", "image_name", "uploaded", "width", "height", "true_class",
    "model", "weights", "class", "confidence", "unsure", "suspicion", "tampered", "flip_n",
    "attack", "norm", "target", "resolution", "epsilon_asked", "n", "epsilon_written",
    "adversarial_class", "adversarial_confidence", "adversarial_unsure",
    "adversarial_suspicion", "adversarial_tampered", "outcome",
    "linf", "l2", "psnr", "ssim", "made",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file that gives back what is written to it: csv then makes lines, not files."""

    def write(self, text: str) -> str:
        return text


def csv_lines(*, user: User, filters: selectors.HistoryFilters) -> Iterator[str]:
    """The header, then a line per answer; an adversarial image repeats the answer it was made against."""
    writer = csv.writer(_Line())
    # Excel takes UTF-8 for what it is only after this mark.
    yield "\ufeff" + writer.writerow(COLUMNS)
    for image, prediction, made in selectors.history_records(user=user, filters=filters):
        cells = [safe(value) for value in _cells(image, prediction, made)]
        yield writer.writerow(cells + [""] * (len(COLUMNS) - len(cells)))


def safe(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a quote in front (OWASP, "CSV Injection")."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cells(image: Image, prediction: Prediction | None, made: AdversarialImage | None) -> Iterable[object]:
    yield from (image.pk, image.name, image.created.isoformat(), image.width, image.height, image.true_class)
    if prediction is None:
        return
    yield from (prediction.model_name, prediction.short_hash)
    yield from (prediction.class_name, prediction.confidence, prediction.unsure)
    yield from (prediction.suspicion, prediction.tampered, prediction.flip_steps)
    if made is None:
        return
    yield from (made.attack, made.norm, made.target, made.resolution)
    yield from (made.epsilon_asked, made.steps, made.epsilon)
    yield from (made.class_name, made.confidence, made.unsure)
    yield from (made.suspicion, made.tampered, made.outcome.value)
    yield from (made.linf, made.l2, made.psnr, made.ssim, made.created.isoformat())
