"""Detection of attacked images: a detector beside each network that has one.

detector = detection.load(zoo.load("digits-cnn"))  # None where the model has none
detector.score(batch)                              # (N,) in [0, 1]
detector.verdict(batch)                            # score, and whether it reaches the threshold
"""

from ml.defences.detection.detector import (
    ARRAYS,
    CARD,
    Detector,
    DetectorCard,
    Suspicion,
    read,
    read_card,
    write,
)
from ml.defences.detection.shelf import lacks_graph, load

__all__ = [
    "ARRAYS",
    "CARD",
    "Detector",
    "DetectorCard",
    "Suspicion",
    "lacks_graph",
    "load",
    "read",
    "read_card",
    "write",
]
