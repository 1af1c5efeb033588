"""The detectors of the models in the zoo, each beside its model's card."""

import threading

from ml import card, zoo
from ml.defences.detection.detector import CARD, Detector, graph_place, read, read_card
from ml.graphs import inference, kept
from ml.model import Model

_loaded: dict[tuple[str, str, card.State], Detector] = {}
_lock = threading.Lock()


def load(model: Model) -> Detector | None:
    """The detector of a model of the zoo, or None where it has none; the same object for the same weights of
    the model and the same card beside them, which names the detector's arrays.

    Raises:
        ModelUnavailable: no model has this name, or its detector is damaged or was made for other weights.
    """
    folder = zoo.folder(model.card.name)
    state = card.state(folder / CARD)
    if state is None:
        return None
    key = model.card.name, model.card.weights_sha256, state
    with _lock:
        if key not in _loaded:
            _loaded[key] = read(folder, model)
        return _loaded[key]


def lacks_graph(name: str) -> bool:
    """Whether the model has a detector for which no graph is kept: its first score makes it.

    Raises:
        ModelUnavailable: no model has this name, or the card of its detector is damaged.
    """
    folder = zoo.folder(name)
    if not (folder / CARD).is_file() or not inference.is_wanted():
        return False
    return not kept.is_there(graph_place(read_card(folder)))
