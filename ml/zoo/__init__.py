"""The models by name: shipped beside this file, or trained by the user into EPSILON_ZOO_DIR."""

import os
import threading
from pathlib import Path

from ml import card as cards
from ml.card import Card
from ml.classifier import Classifier
from ml.errors import ModelUnavailable, sentence

SHIPPED = Path(__file__).parent
CARD, WEIGHTS = "card.json", "weights.h5"

_loaded: dict[tuple[str, str], Classifier] = {}
_lock = threading.Lock()


def folders() -> list[Path]:
    """Where models are looked for; a shipped name cannot be shadowed."""
    own = os.environ.get("EPSILON_ZOO_DIR")
    return [SHIPPED, Path(own)] if own else [SHIPPED]


def names() -> list[str]:
    """Every model that has a card: photos before digits, shipped before own, then by name.

    The first of a domain is the one that is used when nobody chose.
    """
    found = {path.parent.name for folder in folders() for path in folder.glob(f"*/{CARD}")}
    return sorted(found, key=lambda name: (_domain(name) != "photos", not _is_shipped(name), name))


def _is_shipped(name: str) -> bool:
    return (SHIPPED / name / CARD).is_file()


def _domain(name: str) -> str:
    try:
        return card(name).domain
    except ModelUnavailable:
        return "unknown"


def folder(name: str) -> Path:
    """The folder of a model.

    Raises:
        ModelUnavailable: no model has this name.
    """
    for place in folders():
        if name and Path(name).name == name and (place / name / CARD).is_file():
            return place / name
    raise ModelUnavailable(sentence("There is no model called “%(name)s”."), name=name)


def card(name: str) -> Card:
    """The card of a model, without loading TensorFlow.

    Raises:
        ModelUnavailable: no such model, or its card is damaged.
    """
    return cards.read(folder(name) / CARD)


def load(name: str) -> Classifier:
    """The model, built and filled with its weights; the same object for the same weights.

    Raises:
        ModelUnavailable: no such model, or its files are missing or damaged.
    """
    description = card(name)
    key = (name, description.weights_sha256)
    with _lock:
        if key not in _loaded:
            _loaded[key] = open_folder(folder(name))
        return _loaded[key]


def open_folder(path: Path) -> Classifier:
    """A model from any folder that holds a card and weights.

    Raises:
        ModelUnavailable: the files are missing or damaged.
    """
    from ml import architectures
    from ml.zoo import weights

    description = cards.read(path / CARD)
    file = path / WEIGHTS
    if not file.is_file():
        raise ModelUnavailable(
            sentence("The weights of the model “%(name)s” are missing."), name=description.name
        )
    if weights.sha256(file) != description.weights_sha256:
        raise ModelUnavailable(
            sentence("The weights of the model “%(name)s” are damaged: they are not those its card names."),
            name=description.name,
        )
    network = architectures.build(description.architecture, **description.options)
    weights.read_into(network, file)
    return Classifier(network, description)
