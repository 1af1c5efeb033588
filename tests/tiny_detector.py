"""A small real detector of `tiny-digits`, fitted in a second on clean digits and on FGSM at 0.2."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.attacks import FGSM
from ml.defences import detection
from ml.defences.detection import Detector, DetectorCard, head
from ml.model import Model
from tests import tiny

SETTINGS = {"squeezes": ["1-bit", "median"], "layers": [], "limits": [0.03, 0.3], "ink": True, "guard": {}}
FIGURES = {
    "clean_images": 200,
    "false_alarms": 0.045,
    "false_alarms_by_kind": {"affine": 0.215, "pictured": 0.0125},
    "attacks_by_kind": {
        "pictured": {
            "fgsm ε=0.1": {"images": 30, "fooled": 8, "auroc": 0.9123, "auroc_all": 0.95, "caught": 0.5}
        }
    },
    "attacks": {
        "fgsm ε=0.1": {"images": 40, "fooled": 9, "auroc": 0.98, "auroc_all": 0.97, "caught": 0.88},
        "fgsm ε=0.2": {"images": 40, "fooled": 0, "auroc_all": 0.999},
        "carlini-wagner": {"images": 20, "fooled": 20, "auroc": 0.75, "auroc_all": 0.75, "caught": 0.2},
        "cw": {"images": 15, "fooled": 15, "auroc": 0.9995, "auroc_all": 0.9995, "caught": 0.2},
    },
    "worst_auroc": 0.75,
    "worst_auroc_all": 0.75,
    "aware": {"ε=0.2": {"images": 20, "fooled": 15, "auroc": 0.61, "auroc_all": 0.62, "caught": 0.1}},
    "worst_aware_auroc": 0.61,
    "worst_aware_auroc_all": 0.62,
}


def card(
    model: Model, settings: dict[str, Any] = SETTINGS, figures: dict[str, Any] = FIGURES
) -> DetectorCard:
    """The card of a detector of `model` that is not fitted yet."""
    return DetectorCard(
        model=model.card.name,
        weights_sha256=model.card.weights_sha256,
        arrays_sha256="",
        settings=settings,
        threshold=0.5,
        seed=1,
        command="pytest",
        made_on="2026-01-01",
        figures=figures,
    )


def attacked(model: Model, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The 8-bit images (N, 28, 28, 1) of FGSM at 0.2."""
    return (np.rint(255 * FGSM()(model, batch, epsilon=0.2).images) / 255).astype(np.float32)


def write(folder: Path, model: Model) -> DetectorCard:
    """Fit a detector of `model` and put it into `folder`."""
    batch = (np.rint(255 * tiny.digits()[0]) / 255).astype(np.float32)[:600]
    bare = Detector(model, card(model), {})
    clean, suspicious = bare.figures(batch[:400]), bare.figures(attacked(model, batch[400:]))
    learned = head.fit(clean, [suspicious], hidden=4, penalty=0.3, seed=1)
    return detection.write(folder, bare.card, {f"head.{name}": value for name, value in learned.items()})
