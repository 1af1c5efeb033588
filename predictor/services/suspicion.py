"""What the detector of a model says, noted on the answer that the model gave."""

from ml import images
from ml.card import Card
from ml.errors import Busy
from predictor import detectors
from predictor.models import Answer


def suspicion_note(row: Answer, *, card: Card, pixels: images.Pixels) -> bool:
    """Note on `row`, without saving it, how much `pixels` look tampered with; whether there was anything to.

    A detector that has too many to look at leaves the row as it is: the answer does not wait for it.
    """
    watch = detectors.watch(card.name)
    if watch is None:
        return False
    try:
        found = detectors.suspicion(card.name, images.to_input(pixels, card))
    except Busy:
        return False
    if found is None:
        return False
    row.suspicion, row.tampered = found.score, found.tampered
    row.versions = {**row.versions, "detector": watch.arrays_sha256[:12]}
    return True
