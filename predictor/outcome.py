"""What an attack came to: a model that was wrong before was not fooled."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Outcome(TextChoices):
    FOOLED = "fooled", _("fooled: it was right before")
    WRONG_ALREADY = "wrong-already", _("it was wrong already")
    HELD = "held", _("it held: still right")
    CHANGED = "changed", _("the answer changed")
    UNCHANGED = "unchanged", _("the answer did not change")


def outcome_of(*, truth: str, before: str, after: str) -> Outcome:
    """The outcome for class names before and after the attack; `truth` is empty while nobody stated it."""
    if not truth:
        return Outcome.UNCHANGED if before == after else Outcome.CHANGED
    if before != truth:
        return Outcome.WRONG_ALREADY
    return Outcome.HELD if after == truth else Outcome.FOOLED
