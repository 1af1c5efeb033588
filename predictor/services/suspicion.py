"""What the detector of a model says, noted on the answer that the model gave."""

from ml.defences.detection import Suspicion
from predictor import detectors
from predictor.models import Answer


def suspicion_note(row: Answer, found: Suspicion | None, *, model_name: str) -> None:
    """Note on `row`, without saving it, what the detector of the model `found`; None leaves it as it is."""
    watch = detectors.watch(model_name)
    if found is None or watch is None:
        return
    row.suspicion, row.tampered = found.score, found.tampered
    row.versions = {**row.versions, "detector": watch.arrays_sha256[:12]}
