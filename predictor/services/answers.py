"""What a model and its detector said, noted on the row that keeps it."""

from ml.defences.detection import Suspicion
from predictor.engine import Answered
from predictor.models import Answer


def answer_note(row: Answer, said: Answered) -> None:
    """Note on `row`, without saving it, what was said; without a detector nothing of tampering."""
    verdict = said.verdict
    row.label, row.class_name = verdict.label, verdict.class_name
    row.confidence, row.unsure = verdict.confidence, verdict.unsure
    row.probabilities = verdict.probabilities
    if said.suspicion:
        suspicion_note(row, said.suspicion)


def suspicion_note(row: Answer, found: Suspicion) -> None:
    """Note on `row`, without saving it, how much its picture looks tampered with, and to which detector."""
    row.suspicion, row.tampered = found.score, found.tampered
    row.versions = {**row.versions, "detector": found.arrays_sha256[:12]}
