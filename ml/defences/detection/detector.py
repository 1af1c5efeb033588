"""A detector of one network: a score between 0 and 1 for each image, and a threshold for a verdict."""

import dataclasses
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml import files
from ml.errors import ModelUnavailable, sentence
from ml.estimators import store
from ml.graphs import inference, kept
from ml.graphs.inference import FORWARD
from ml.model import Floats, Model

if TYPE_CHECKING:
    from ml.defences.detection.views import Views

ARRAYS, CARD = "detector.h5", "detector.json"
Arrays = dict[str, npt.NDArray[Any]]
# One pass holds so many images' views.
CHUNK_VALUES = 8 * 224 * 224 * 3


@dataclass(frozen=True, kw_only=True)
class DetectorCard:
    """What is known of a detector without its arrays.

    `weights_sha256` is that of the network it belongs to, `arrays_sha256` that of its own file. `settings`
    are those of `views.Settings`. `figures` hold AUROC by attack, the false-alarm rate and the numbers of
    images.
    """

    model: str
    weights_sha256: str
    arrays_sha256: str
    settings: dict[str, Any]
    threshold: float
    seed: int
    command: str
    made_on: str
    figures: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: str = ""

    def to_json(self) -> str:
        """The card as the text of `detector.json`."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Suspicion:
    """`score` in [0, 1], whether it reaches the threshold, and the hash of the arrays of who says so."""

    score: float
    tampered: bool
    arrays_sha256: str


class Detector:
    """A detector with the model it watches. Safe to call from several threads."""

    def __init__(self, model: Model, card: DetectorCard, arrays: Arrays) -> None:
        """Nothing is built before the first score."""
        self.model, self.card, self.arrays = model, card, arrays
        self._lock = threading.Lock()

    @property
    def threshold(self) -> float:
        """From this score on an image is called tampered with."""
        return self.card.threshold

    def score(self, batch: Floats) -> Floats:
        """How much each image of a batch (N, H, W, C) in [0, 1] looks tampered with, (N,) in [0, 1]."""
        return self.answers(batch)[:, -1]

    def answers(self, batch: Floats) -> Floats:
        """The model's logits and, last, the score of each image of a batch (N, H, W, C): (N, classes + 1)."""
        quick = self._quick
        if quick and len(batch):
            return quick.run(FORWARD, np.ascontiguousarray(batch, np.float32))[0]
        parts = [self._graphs["answers"](chunk) for chunk in self.chunks(batch)]
        return np.concatenate([np.zeros((0, len(self.model.class_names) + 1), np.float32), *parts])

    def verdict(self, batch: Floats) -> list[Suspicion]:
        """Score and verdict for each image of a batch (N, H, W, C)."""
        return [self.suspicion(each) for each in self.score(batch)]

    def suspicion(self, score: float) -> Suspicion:
        """The verdict that belongs to a score."""
        return Suspicion(float(score), bool(score >= self.threshold), self.card.arrays_sha256)

    def figures(self, batch: Floats) -> Floats:
        """What the head is given, (N, F)."""
        return np.concatenate([self._graphs["figures"](chunk) for chunk in self.chunks(batch)])

    def features(self, batch: Floats) -> list[Floats]:
        """Features (N, D) of each layer that is looked at."""
        parts = [self._graphs["features"](chunk) for chunk in self.chunks(batch)]
        return [np.concatenate(layer) for layer in zip(*parts, strict=True)]

    def evading(self, batch: Floats, labels: npt.ArrayLike) -> Floats:
        """The gradient (N, H, W, C) that leads to another answer than `labels` and to a low score at once.

        It ascends log P(another answer) + log(1 − score): either pulls until it is reached, then leaves the
        way to the other.
        """
        rows, start, parts = np.asarray(labels, np.int64), 0, []
        for chunk in self.chunks(batch):
            parts.append(self._graphs["evading"](chunk, rows[start : start + len(chunk)]))
            start += len(chunk)
        return np.concatenate(parts) if parts else np.zeros_like(batch)

    def chunks(self, batch: Floats) -> list[Floats]:
        """The batch in parts that fit one pass."""
        views = 1 + len(self.card.settings["squeezes"])
        size = max(1, CHUNK_VALUES // (views * int(np.prod(self.model.input_shape))))
        return [np.ascontiguousarray(batch[at : at + size], np.float32) for at in range(0, len(batch), size)]

    @property
    def _quick(self) -> inference.Inference | None:
        """The score in the inference runtime: where that is kept, nothing here needs TensorFlow."""
        with self._lock:
            return self._looked_up

    @cached_property
    def _looked_up(self) -> inference.Inference | None:
        # Only of a finished detector: while one is trained its arrays have no hash, and no head.
        if not self.card.arrays_sha256:
            return None

        def make() -> inference.Inference:
            from ml.defences.detection import graphs

            return inference.Inference(graphs.converted(self._views, self.arrays, self.model.input_shape))

        name = f"the detector of {self.model.card.name}"
        return inference.kept_or_made(graph_place(self.card), name, make, self._agrees)

    def _agrees(self, made: inference.Inference) -> bool:
        """Whether answers and scores are TensorFlow's, on nothing and on noise in three strengths."""
        noise = np.random.default_rng(0).random((4, *self.model.input_shape), np.float32)
        batch = noise * np.array([0, 0.05, 0.4, 1], np.float32)[:, None, None, None]
        own, theirs = made.run(FORWARD, batch)[0], self._compiled["answers"](batch)
        if not inference.same_answers(own[:, :-1], theirs[:, :-1]):
            return False
        # A threshold may be near 0 or near 1: of a score both what it has and what it lacks must be right.
        return all(
            np.allclose(one, other, rtol=10 * inference.PARITY, atol=1e-6)
            for one, other in ((own[:, -1], theirs[:, -1]), (1 - own[:, -1], 1 - theirs[:, -1]))
        )

    @property
    def _graphs(self) -> "Mapping[str, Callable[..., Any]]":
        with self._lock:
            return self._compiled

    @cached_property
    def _compiled(self) -> "dict[str, Callable[..., Any]]":
        from ml.defences.detection import graphs

        return graphs.compiled(self._views, self.arrays, self.model.input_shape)

    @cached_property
    def _views(self) -> "Views":
        from ml.defences.detection.views import Settings, Views

        settings = Settings(**{name: _hashable(value) for name, value in self.card.settings.items()})
        return Views(self.model.network, settings, self.arrays)


def graph_place(card: DetectorCard) -> Path:
    """Where the inference runtime's graph of answer and score is kept."""
    return kept.place("answer, opinion and score", card.weights_sha256, card.arrays_sha256, card.settings)


def write(folder: Path, card: DetectorCard, arrays: Arrays) -> DetectorCard:
    """Write arrays and card into `folder`; the card gets the arrays' hash."""
    from ml.zoo import weights

    store.write(arrays, folder / ARRAYS)
    finished = dataclasses.replace(card, arrays_sha256=weights.sha256(folder / ARRAYS))
    files.write_text(folder / CARD, finished.to_json())
    return finished


def read(folder: Path, model: Model) -> Detector:
    """The detector in `folder`, which must be one of these weights.

    Raises:
        ModelUnavailable: its files are missing or damaged, or it was made for other weights.
    """
    from ml.zoo import weights

    card = read_card(folder)
    if card.weights_sha256 != model.card.weights_sha256:
        raise ModelUnavailable(
            sentence("The detector of the model “%(name)s” was made for other weights; train it again."),
            name=model.card.name,
        )
    if weights.sha256(folder / ARRAYS) != card.arrays_sha256:
        raise ModelUnavailable(
            sentence(
                "The detector of the model “%(name)s” is damaged: its arrays are not those its card names."
            ),
            name=model.card.name,
        )
    return Detector(model, card, store.read(folder / ARRAYS))


def read_card(folder: Path) -> DetectorCard:
    """The card of the detector in `folder`.

    Raises:
        ModelUnavailable: there is none, or it is damaged.
    """
    try:
        return DetectorCard(**json.loads((folder / CARD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelUnavailable(
            sentence("The card of the detector of “%(name)s” is missing or damaged (%(reason)s)."),
            name=folder.name,
            reason=str(error),
        ) from error


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
