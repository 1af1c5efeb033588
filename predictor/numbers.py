"""Numbers that people and addresses send as text."""

DIGITS = 9


def whole(text: str) -> int | None:
    """The number that ASCII digits say; None of any other text, and of more digits than are needed here."""
    return int(text) if len(text) <= DIGITS and text.isascii() and text.isdigit() else None
