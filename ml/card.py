"""The card of a model: what it is, what it learned from, how it was measured."""

import json
import os
import stat
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ml.errors import ModelUnavailable, sentence

Domain = Literal["photos", "digits"]
# Another one when a file is written anew.
State = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class UnsureRule:
    """Below `threshold` the answer is called unsure.

    `confidence` is the largest probability; `energy` is log Σ exp(logits)
    (Liu et al. 2020, "Energy-based Out-of-distribution Detection").
    """

    score: Literal["confidence", "energy"] = "confidence"
    threshold: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Card:
    """All that is known of a model without its weights. `input_shape` is (H, W, C)."""

    name: str
    title: str
    domain: Domain
    architecture: str
    options: dict[str, Any]
    class_names: list[str]
    input_shape: tuple[int, int, int]
    parameters: int
    weights_sha256: str
    unsure: UnsureRule
    metrics: dict[str, Any]
    confusion_matrix: list[list[int]]
    data: dict[str, Any]
    provenance: str
    licence: str
    seed: int
    command: str
    trained_on: str
    versions: dict[str, str] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    limits: list[str] = field(default_factory=list)
    # Accuracy under attack: the rows of `ml.evaluation.measurements`.
    robustness: list[dict[str, Any]] = field(default_factory=list)
    # Signs of masked gradients that were seen meanwhile: names of `ml.evaluation.robustness.SIGNS`.
    signs: dict[str, float] = field(default_factory=dict)
    # Accuracy under the corruptions of a suite: `ml.evaluation.measurements.corrupted`.
    corruptions: dict[str, Any] = field(default_factory=dict)
    # Whether the answer can be followed back to the pixels, as every attack here needs.
    gradient: bool = True
    # What it learned is not in a file: it is fitted again from the training data, which `data` names. Then
    # `weights_sha256` is the hash of how that is done.
    fitted_at_first_use: bool = False

    @property
    def short_hash(self) -> str:
        """The first 12 digits of the weights' SHA-256, as pages show it."""
        return self.weights_sha256[:12]

    @property
    def axis_steps(self) -> int:
        """How far the ε slider reaches, in steps of 1/255: digits stand more than photos."""
        return 128 if self.domain == "digits" else 64

    def to_json(self) -> str:
        """The card as the text of `card.json`."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Card:
    """Read a `card.json`, once for as long as the file stays as it is.

    Raises:
        ModelUnavailable: no such file, or not a card.
    """
    found = state(path)
    if found is None:
        raise ModelUnavailable(
            sentence("The card of the model “%(name)s” is missing."), name=path.parent.name
        )
    return _read(path, found)


def state(path: Path | str) -> State | None:
    """The file as it lies there now, or None where there is no file: the quick way to look."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None


@lru_cache(maxsize=256)
def _read(path: Path, _state: State) -> Card:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["unsure"] = UnsureRule(**content["unsure"])
        content["input_shape"] = tuple(content["input_shape"])
        return Card(**content)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelUnavailable(
            sentence("The card of the model “%(name)s” is damaged (%(reason)s)."),
            name=path.parent.name,
            reason=str(error),
        ) from error
