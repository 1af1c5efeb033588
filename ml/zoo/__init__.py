"""The models by name, which is that of their folder: shipped beside this file, or trained by the user into
EPSILON_ZOO_DIR.
"""

import dataclasses
import os
import threading
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ml import card as cards
from ml import estimators, files
from ml.card import Card
from ml.errors import ModelUnavailable, sentence
from ml.model import Model

SHIPPED = Path(__file__).parent
CARD, WEIGHTS = "card.json", "weights.h5"
# A model's folder, and its card as it lies there.
State = tuple[str, cards.State]

_loaded: dict[tuple[str, str], Model] = {}
_lock = threading.Lock()
# One for each model: fitting one keeps nobody from the others.
_opening: dict[tuple[str, str], threading.Lock] = {}


def folders() -> list[Path]:
    """Where models are looked for; a shipped name cannot be shadowed."""
    own = os.environ.get("EPSILON_ZOO_DIR")
    return [SHIPPED, Path(own)] if own else [SHIPPED]


def names() -> list[str]:
    """Every model that has a card: photos before digits, networks before others, undefended before defended,
    shipped before own, by name.

    The first of a domain is the one that is used when nobody chose.
    """
    return list(_ordered(_states()))


def readable() -> list[Card]:
    """The cards of all models, in the order of `names`; a damaged one is left out."""
    return [read for read in _ordered(_states()).values() if read]


def _states() -> tuple[State, ...]:
    """Every card as it lies there now."""
    found: dict[str, State] = {}
    for place in folders():
        with suppress(OSError):
            for name in os.listdir(place):
                state = cards.state(f"{place}/{name}/{CARD}")
                if state:
                    found.setdefault(name, (f"{place}/{name}", state))
    return tuple(found.values())


@lru_cache(maxsize=8)
def _ordered(states: tuple[State, ...]) -> dict[str, Card | None]:
    """The card of each model, in the order of `names`; None for one that cannot be read."""
    read = {Path(folder): _readable(Path(folder)) for folder, _ in states}
    return {folder.name: read[folder] for folder in sorted(read, key=lambda each: _place(each, read[each]))}


def _readable(folder: Path) -> Card | None:
    with suppress(ModelUnavailable):
        return _card(folder)
    return None


def _place(folder: Path, described: Card | None) -> tuple[bool, bool, bool, bool, str]:
    own = folder.parent != SHIPPED
    if described is None:
        return True, True, True, own, folder.name
    # A defence costs accuracy on pictures that nobody attacked.
    defended = bool(described.training.get("defence"))
    other_kind = described.architecture in estimators.KINDS
    return described.domain != "photos", other_kind, defended, own, folder.name


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
    return _card(folder(name))


def _card(folder: Path) -> Card:
    """The card in a folder, under the folder's name: a copied model's file still has that of its recipe."""
    return dataclasses.replace(cards.read(folder / CARD), name=folder.name)


def keep(changed: Card) -> None:
    """Write the card of a model anew.

    Raises:
        ModelUnavailable: no such model.
    """
    files.write_text(folder(changed.name) / CARD, changed.to_json())


def load(name: str) -> Model:
    """The model, built and filled with its weights; the same object for the same weights.

    A model that is fitted at first use may take minutes; the others do not wait for it.

    Raises:
        ModelUnavailable: no such model, or its files are missing or damaged.
        DataMissing: it is fitted at first use, and its training data are not there.
    """
    key = _key(name)
    with _lock:
        opening = _opening.setdefault(key, threading.Lock())
    with opening:
        if key not in _loaded:
            _loaded[key] = open_folder(folder(name))
        return _loaded[key]


def is_loaded(name: str) -> bool:
    """Whether `load` would answer at once.

    Raises:
        ModelUnavailable: no such model, or its card is damaged.
    """
    return _key(name) in _loaded


def lacks_graph(name: str) -> bool:
    """Whether the model is a network for which the inference runtime has no graph yet: `load` will make it.

    Raises:
        ModelUnavailable: no such model, or its card is damaged.
    """
    from ml.graphs import inference

    description = card(name)
    if description.fitted_at_first_use or not description.gradient or not inference.is_wanted():
        return False
    return not inference.is_kept(description)


def _key(name: str) -> tuple[str, str]:
    return name, card(name).weights_sha256


def open_folder(path: Path) -> Model:
    """A model from any folder that holds a card and, unless it is fitted at first use, weights.

    It is called as the folder is, whatever name its card says.

    Raises:
        ModelUnavailable: the files are missing or damaged.
        DataMissing: it is fitted at first use, and its training data are not there.
    """
    description = _card(path)
    if description.fitted_at_first_use:
        from ml.estimators import first_use

        return first_use.open_card(description)
    file = path / WEIGHTS
    _weights_check(file, description)
    if not description.gradient:
        from ml.estimators import model

        return model.open_file(file, description)
    return _network(file, description)


def _weights_check(file: Path, description: Card) -> None:
    from ml.zoo import weights

    if not file.is_file():
        raise ModelUnavailable(
            sentence("The weights of the model “%(name)s” are missing."), name=description.name
        )
    if weights.sha256(file) != description.weights_sha256:
        raise ModelUnavailable(
            sentence("The weights of the model “%(name)s” are damaged: they are not those its card names."),
            name=description.name,
        )


def _network(file: Path, description: Card) -> Model:
    from ml.classifier import Shelved
    from ml.graphs import inference

    def build() -> Any:
        from ml import architectures
        from ml.zoo import weights

        network = architectures.build(description.architecture, **description.options)
        weights.read_into(network, file)
        return network

    model = Shelved(build, description)
    if not inference.is_kept(description):
        # What is wrong with the weights shows here and not at the first question.
        _ = model.network
    return model
