"""What the detector of a model says, noted on the answer that the model gave."""

from ml import images
from ml.errors import Busy
from predictor import detectors
from predictor.models import Answer


def suspicion_note(row: Answer, *, model_name: str, seen: images.Input) -> bool:
    """Note on `row`, without saving it, how much `seen` looks tampered with to the detector of the model.

    A detector that has too many to look at leaves the row as it is: the answer does not wait for it.

    Returns:
        Whether there was anything to note.
    """
    watch = detectors.watch(model_name)
    if watch is None:
        return False
    try:
        found = detectors.suspicion(model_name, seen)
    except Busy:
        return False
    if found is None:
        return False
    row.suspicion, row.tampered = found.score, found.tampered
    row.versions = {**row.versions, "detector": watch.arrays_sha256[:12]}
    return True
