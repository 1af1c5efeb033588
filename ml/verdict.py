"""From logits to an answer: softmax, the largest class, and whether the model is sure of it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ml.card import Card, UnsureRule

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One image's answer. `class_name` is always the most probable class, also when `unsure`."""

    label: int
    class_name: str
    confidence: float
    probabilities: dict[str, float]
    unsure: bool


def softmax(logits: Floats) -> Floats:
    """Probabilities (N, classes) of logits (N, classes)."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


def energy(logits: Floats) -> Floats:
    """log Σ exp(logits), shape (N,): large on what the model knows (Liu et al. 2020, eq. 4, sign turned)."""
    top = logits.max(axis=-1)
    return (top + np.log(np.exp(logits - top[..., None]).sum(axis=-1))).astype(np.float32)


def unsure(logits: Floats, rule: UnsureRule) -> npt.NDArray[np.bool_]:
    """Which rows of logits (N, classes) the rule calls unsure, shape (N,)."""
    score = energy(logits) if rule.score == "energy" else softmax(logits).max(axis=-1)
    return np.asarray(score < rule.threshold)


def verdicts(logits: Floats, card: Card) -> list[Verdict]:
    """The answer for each row of logits (N, classes)."""
    rows = zip(softmax(logits), unsure(logits, card.unsure), strict=True)
    return [_verdict(probabilities, doubt, card) for probabilities, doubt in rows]


def verdict(logits: Floats, card: Card, *, found: bool) -> Verdict:
    """The answer for one row of logits (classes,); unsure in any case when nothing was `found`."""
    answer = verdicts(logits[None], card)[0]
    return answer if found else replace(answer, unsure=True)


def _verdict(probabilities: Floats, doubt: bool, card: Card) -> Verdict:
    label = int(probabilities.argmax())
    return Verdict(
        label=label,
        class_name=card.class_names[label],
        confidence=float(probabilities[label]),
        probabilities={name: float(p) for name, p in zip(card.class_names, probabilities, strict=True)},
        unsure=bool(doubt),
    )
