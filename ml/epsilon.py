"""ε: reading it, and the whole steps n/255 that an 8-bit file can hold."""

import math
import re

from ml.errors import EpsilonRefused, sentence

LEVELS = 255
_NUMBER = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_FORM = re.compile(rf"\s*({_NUMBER})\s*(?:/\s*({_NUMBER})\s*)?")


def parse(text: str) -> float:
    """Read ε in [0, 1] from `0.03`, `0,03` or `8/255`.

    Raises:
        EpsilonRefused: not a number, not finite, or outside [0, 1].
    """
    value = _value(text)
    if 0 <= value <= 1:
        return value
    raise EpsilonRefused(sentence("ε must lie between 0 and 1, as a decimal (0.03) or a fraction (8/255)."))


def length(text: str) -> float:
    """Read a distance in l2, in units of the [0, 1] range: the same forms, without an upper bound.

    Raises:
        EpsilonRefused: not a number, not finite, or below 0.
    """
    value = _value(text)
    if 0 <= value < math.inf:
        return value
    raise EpsilonRefused(sentence("A distance must be a number from 0 on, as a decimal or a fraction."))


def _value(text: str) -> float:
    """The number, infinite where there is none."""
    match = _FORM.fullmatch(text)
    if not match:
        return math.inf
    numerator, denominator = (float((part or "1").replace(",", ".")) for part in match.groups())
    return numerator / denominator if denominator else math.inf


def steps(epsilon: float) -> int:
    """The largest whole n with n/255 ≤ ε; the small term forgives the rounding of n/255 itself."""
    return math.floor(LEVELS * epsilon + 1e-6)


def file_steps(epsilon: float) -> int:
    """`steps(epsilon)`, refused when it is 0: such a file would equal the original.

    Raises:
        EpsilonRefused: ε below 1/255.
    """
    n = steps(epsilon)
    if n == 0:
        raise EpsilonRefused(
            sentence("An 8-bit image cannot hold a change below 1/255 (0.0039): choose a larger ε.")
        )
    return n


def text(n: int) -> str:
    """How n steps are shown: `8/255`."""
    return f"{n}/{LEVELS}"
