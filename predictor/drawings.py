"""What the pages of figures share: a drawn diagram, and how far an attack may go as it is read."""

from django.utils.formats import get_format, number_format
from django.utils.safestring import SafeString, mark_safe

from ml.attacks.norms import Name
from ml.card import Card
from ml.epsilon import LEVELS
from ml.report import Lines
from ml.report.plots import lines

NORM_SIGNS: dict[Name, str] = {"linf": "L∞", "l2": "L2"}


def drawn(block: Lines) -> SafeString:
    """The diagram as SVG, ready for a page."""
    # The drawing escapes every text that it holds.
    return mark_safe(lines(block, _localised))  # noqa: S308


def _localised(number: str) -> str:
    """A number in English figures, with the points and spaces of the current language."""
    signs = {".": get_format("DECIMAL_SEPARATOR"), ",": get_format("THOUSAND_SEPARATOR")}
    return number.translate(str.maketrans(signs))


def bound(epsilon: float, norm: Name, card: Card) -> str:
    """`L∞ 8/255` on photos, `L∞ 0.3` on digits, where steps of 1/255 say nothing; in the current language."""
    return f"{NORM_SIGNS[norm]} {number_format(amount(epsilon, norm, card))}"


def amount(epsilon: float, norm: Name, card: Card) -> str:
    """`bound` without the norm, in every language as commands take it."""
    steps = LEVELS * epsilon
    whole = card.domain == "photos" and norm == "linf" and abs(steps - round(steps)) < 0.01
    return f"{round(steps)}/255" if whole else f"{epsilon:.4g}"
