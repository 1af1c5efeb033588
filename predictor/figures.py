"""The figures of a model's card as people read them: with a name, a unit and the language's own commas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# What the trainings measure; a figure without a name here is shown under its own key.
NAMES = {
    "test_accuracy": _("Clean accuracy"),
    "test_unsure": _("Called unsure"),
    "test_images": _("Test pictures"),
    "test_error": _("Wrong answers"),
    "validation_accuracy": _("Accuracy on the validation pictures"),
    "strangers_unsure": _("Strangers called unsure"),
    "strangers_images": _("Pictures of strangers"),
    "unseen_accuracy": _("Accuracy on an unseen source"),
    "unseen_unsure": _("Called unsure on an unseen source"),
    "unseen_images": _("Pictures of the unseen source"),
    "name": _("Name"),
    "kind": _("Kind"),
    "training": _("Pictures to learn from"),
    "train": _("Pictures to learn from"),
    "validation": _("Pictures to choose by"),
    "test": _("Pictures to test with"),
}
# Counts and settings stay numbers although some are below 1.
SHARES = ("accuracy", "unsure", "share", "error", "auroc")


@dataclass(frozen=True)
class Figure:
    key: str
    name: str
    text: str


def percent(share: float) -> str:
    """`99.35 %`, in the current language."""
    shown = number_format(round(100 * share, 2), decimal_pos=2)
    return f"{shown}\N{NO-BREAK SPACE}%"


def written(key: str, value: Any) -> str:
    """One value of a card, as text."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float) and any(word in key for word in SHARES) and 0 <= value <= 1:
        return percent(value)
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    if isinstance(value, float):
        return number_format(f"{value:.6g}")
    if isinstance(value, list | tuple):
        return ", ".join(written(key, item) for item in value)
    return str(value)


def figures(values: Mapping[str, Any], prefix: str = "") -> Iterator[Figure]:
    """Every value of a part of a card, the nested ones under "outer: inner"."""
    for key, value in values.items():
        name = f"{prefix}{NAMES.get(key) or key.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from figures(value, f"{name}: ")
        else:
            yield Figure(key, name, written(key, value))
