"""For pages that show files made by attacks: what it took to make one."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from experiments.facts import told
from predictor.models import AdversarialImage

register = template.Library()


@register.filter
def asked(row: AdversarialImage) -> Iterator[tuple[Any, Any]]:
    """(name, value) of the attack, its bound and its options, in the reader's language."""
    known = row.parameters
    yield from told(
        {
            "attack": row.attack,
            "norm": row.norm,
            "epsilon": known.get("epsilon", row.epsilon_asked),
            "target": row.target,
            "source": known.get("source", ""),
            "options": known.get("options", {}),
        }
    )
    yield _("Seed"), str(row.seed)
    yield _("Weights (SHA-256)"), row.prediction.short_hash
