"""Filters for the pages of the models."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from ml.card import Card
from predictor import figures as figures_of_card
from predictor.figures import Figure
from predictor.samples import SAMPLES, Sample

register = template.Library()

# Errors are rare: the shades of a wrong cell grow by powers, those of a right cell evenly.
WRONG_SHADES = (0.002, 0.005, 0.02, 0.1)
RIGHT_SHADES = (0.5, 0.8, 0.9, 0.97)


@register.filter
def figures(values: Mapping[str, Any]) -> Iterator[Figure]:
    """The rows of a table of figures."""
    return figures_of_card.figures(values)


@register.filter
def settings(values: Mapping[str, Any]) -> Iterator[Figure]:
    """The rows of a table of how a training was set up."""
    return figures_of_card.figures(values, names=figures_of_card.SETTINGS)


@register.filter
def percent(share: float | str | None) -> str:
    """A share as a percentage; a dash for a figure that the card does not have."""
    return figures_of_card.percent(share) if isinstance(share, int | float) else "–"


@register.filter
def shade(cell: Mapping[str, Any]) -> str:
    """The class of a cell of a confusion matrix: `right-1` … `right-5`, `wrong-1` … `wrong-5`, or `none`."""
    if not cell["count"]:
        return "none"
    kind, limits = ("right", RIGHT_SHADES) if cell["right"] else ("wrong", WRONG_SHADES)
    return f"{kind}-{1 + sum(cell['share'] >= limit for limit in limits)}"


@register.filter
def samples(card: Card) -> list[Sample]:
    """Pictures that this model knows, one of each class as far as there are."""
    by_class = {sample.expected: sample for sample in reversed(SAMPLES.values()) if sample.expected}
    return [by_class[name] for name in card.class_names if name in by_class][:3]


@register.filter
def in_language(text: str) -> str:
    """A text of a card in the reader's language, where there is a translation."""
    return gettext(text) if text else ""
