"""How the images of a model were divided into those it learned and those that were held out from it.

Two models that were trained on one division can be asked about the same unseen images; of two divisions, most
images that one model never met were learned by the other.
"""

from collections.abc import Mapping
from typing import Any

from ml.card import Card
from ml.errors import OptionRefused, sentence

# What tells one division of class folders from another.
OF_PHOTOS = ("folder", "shares", "sources")


def of(card: Card) -> dict[str, Any]:
    """What the division of the card's images depends on; see `of_data`."""
    return of_data(card.data, card.seed)


def of_data(data: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What the division of images depends on that a card's `data` describe; None where they do not say it.

    Digits are those that `ml.datasets.mnist.rows_held_out` puts first, so the size of the validation part is
    no part of this: the larger part holds the smaller one.
    """
    learned, held = (data.get(key) for key in ("training", "validation"))
    found = {"seed": seed, "images": None if learned is None or held is None else learned + held}
    if data.get("kind") != "photo-folders":
        return {"name": data.get("name"), **found}
    return {**{key: _plain(data.get(key)) for key in OF_PHOTOS}, **found}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of what two divisions do not share, or do not both say; without any they are one."""
    names = list(dict.fromkeys([*one, *other]))
    return [name for name in names if one.get(name) is None or one.get(name) != other.get(name)]


def check_start(start: Card, data: Mapping[str, Any], seed: int) -> None:
    """Refuse a training that holds out images which the model that it starts from has learned.

    Args:
        start: of the model whose weights the training begins with.
        data: what the card of the new model is to say of its images, `kind` included.

    Raises:
        OptionRefused: the images of the two are divided in different ways, or fewer were held out from
            `start`.
    """
    apart = differing(of_data(data, seed), of(start))
    if not apart and start.data["validation"] < data["validation"]:
        apart = ["validation"]
    if apart:
        raise OptionRefused(
            sentence(
                "This training cannot start from “%(name)s”, which may have learned images that are held out"
                " here: its own were not divided in the same way (%(differing)s)."
            ),
            name=start.name,
            differing=", ".join(apart),
        )


def _plain(value: Any) -> Any:
    """A value of a recipe as a card has it, where tuples are lists."""
    return list(value) if isinstance(value, tuple) else value
