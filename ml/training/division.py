"""How the images of a model were divided into those it learned and those that were held out from it.

Two models that were trained on one division can be asked about the same unseen images; of two divisions, most
images that one model never met were learned by the other.
"""

from collections.abc import Mapping
from typing import Any

from ml.card import Card

# What tells one division of class folders from another.
OF_PHOTOS = ("folder", "shares", "sources")


def of(card: Card) -> dict[str, Any]:
    """What the division of the card's images depends on; a value is None where the card does not say it.

    Digits are those that `ml.datasets.mnist.rows_held_out` puts first, so the size of the validation part is
    no part of this: the larger part holds the smaller one.
    """
    learned, held = (card.data.get(key) for key in ("training", "validation"))
    found = {"seed": card.seed, "images": None if learned is None or held is None else learned + held}
    if card.data.get("kind") != "photo-folders":
        return {"name": card.data.get("name"), **found}
    return {**{key: _plain(card.data.get(key)) for key in OF_PHOTOS}, **found}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of what two divisions do not share, or do not both say; without any they are one."""
    names = list(dict.fromkeys([*one, *other]))
    return [name for name in names if one.get(name) is None or one.get(name) != other.get(name)]


def _plain(value: Any) -> Any:
    """A value of a recipe as a card has it, where tuples are lists."""
    return list(value) if isinstance(value, tuple) else value
