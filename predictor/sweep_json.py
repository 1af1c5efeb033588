"""A sweep as the browser gets it: two bits per sign, probabilities rounded to what a screen can show."""

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.card import Card

if TYPE_CHECKING:
    from ml.model import Sweep


def card_json(card: Card) -> dict[str, Any]:
    """What a page's script needs to know of a model."""
    return {
        "model": card.name,
        "title": card.title,
        "classes": card.class_names,
        "domain": card.domain,
        "axis": card.axis_steps,
        "shape": list(card.input_shape),
    }


def sweep_json(sweep: "Sweep", card: Card) -> dict[str, Any]:
    """The sign map (H, W, C) and the whole ε axis of one image, for JSON."""
    height, width, channels = sweep.sign.shape
    return {
        "model": card.name,
        "weights": card.short_hash,
        "classes": card.class_names,
        "label": sweep.label,
        "target": sweep.target,
        "height": height,
        "width": width,
        "channels": channels,
        "max_steps": int(sweep.steps.max()),
        "sign": base64.b64encode(packed(sweep.sign)).decode("ascii"),
        "probabilities": [[round(float(p), 6) for p in row] for row in sweep.probabilities],
        "unsure": [bool(doubt) for doubt in sweep.unsure],
        "flip_steps": sweep.flip_steps,
    }


def packed(sign: npt.NDArray[np.int8]) -> bytes:
    """Two bits per value, value + 1, four to a byte, the first in the lowest bits; order HWC."""
    values = (sign.reshape(-1) + 1).astype(np.uint8)
    quads = np.pad(values, (0, -len(values) % 4)).reshape(-1, 4)
    return bytes((quads << np.array([0, 2, 4, 6], np.uint8)).sum(axis=1, dtype=np.uint8).tobytes())
