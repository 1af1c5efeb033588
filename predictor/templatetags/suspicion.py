"""For pages that show answers: whether one is withheld because its picture looks tampered with."""

from typing import Literal

from django import template
from django.template import Context

from predictor import policy
from predictor.models import Answer
from predictor.services.others import Compared

register = template.Library()


@register.simple_tag(takes_context=True)
def is_withheld(context: Context, tampered: bool | Literal[""] | None) -> bool:
    """`{% is_withheld run.result.after.tampered as withheld %}`."""
    return policy.withholds(context["request"], bool(tampered))


@register.simple_tag(takes_context=True)
def is_rejected(context: Context, answer: Answer | Compared | Literal[""] | None) -> bool:
    """`{% is_rejected answer as rejected %}`; a name that a page does not have is the empty text."""
    if not answer:
        return False
    return policy.is_rejected(context["request"], answer)
