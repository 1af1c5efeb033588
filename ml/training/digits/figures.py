"""What is measured of a model for digits, and the report of its training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.classifier import Classifier
from ml.datasets import handwritten, mnist
from ml.datasets.locate import locate
from ml.evaluation import metrics
from ml.images import to_float
from ml.report import Picture, Pictures, Report, Table, facts, withstood
from ml.report.usual import classification, confusion, curves
from ml.training.digits.handwriting import VARIATIONS
from ml.training.digits.spoiling import Spoiling
from ml.training.recipe import Recipe, filled
from ml.verdict import softmax, unsure

Floats = npt.NDArray[np.float32]
WRONG_SHOWN = 30
SHOWN = {
    "plain": "as it is",
    "affine": "moved",
    "imperfect": "placed small on a large sheet",
    "pictured": "as it is read from a picture",
}
VARIED = "What is shown is varied or spoilt anew in every epoch, as the recipe says."
ATTACKED = "What is shown is attacked while it is learned, as the recipe's table [defence] says."
HELD_OUT = (
    "The validation digits were held out of MNIST's training digits; its test digits were only measured, "
    "once, at the end."
)
KINDS = "Made from the same test digits, with random numbers that are the same for every model."
NAMES = {"test_accuracy": "MNIST test", "mixed_accuracy": "mixed 30,000"}


def measure(card: Card, classifier: Classifier, data: Path | None = None) -> dict[str, Any]:
    """The figures of `card.metrics` once more, from the pixels of the test digits."""
    return figures(card, classifier, data)[0]


def unseen(card: Card, data: Path | None = None) -> tuple[Floats, npt.NDArray[np.int64]]:
    """MNIST's test digits (10,000, 28, 28, 1) in [0, 1], and their labels."""
    split = mnist.load("test", data)
    return to_float(split.images), split.labels


def figures(card: Card, classifier: Classifier, data: Path | None) -> tuple[dict[str, Any], list[list[int]]]:
    """Figures and confusion matrix on MNIST's test digits, then figures on every kind made from them."""
    split = mnist.load("test", data)
    logits = classifier.logits(to_float(split.images))
    answers = logits.argmax(axis=-1)
    found: dict[str, Any] = {
        "test_accuracy": metrics.accuracy(split.labels, answers),
        "test_unsure": float(unsure(logits, card.unsure).mean()),
        "test_images": len(split.labels),
    }
    kinds = card.data.get("kinds", ["plain"])
    if len(kinds) > 1:
        found["accuracy_by_kind"] = {
            kind: metrics.accuracy(split.labels, _logits(classifier, split, kind).argmax(axis=-1))
            for kind in kinds
        }
        found["mixed_accuracy"] = float(np.mean(list(found["accuracy_by_kind"].values())))
        found["mixed_images"] = len(split.labels) * len(kinds)
    return found, metrics.confusion_matrix(split.labels, answers, len(card.class_names)).tolist()


def report(
    recipe: Recipe,
    card: Card,
    classifier: Classifier,
    *,
    targets: Mapping[str, Sequence[float]],
    data: Path | None,
    output: Path,
    started: float,
) -> None:
    """Write the report of a finished training into `output`.

    `targets` say for a figure of the card what others reached, what is asked at least, and the aim.
    """
    page = Report(
        name=recipe.name,
        title=recipe.title,
        summary=_summary(card),
        facts=facts(recipe, seed=card.seed, data=[locate(mnist.FILE, data=data)], started=started),
    )
    for figure, (theirs, at_least, aim) in targets.items():
        page.headline(
            f"{card.name}, {NAMES[figure]}",
            card.metrics[figure],
            theirs=theirs,
            at_least=at_least,
            aim=aim,
        )
    split = mnist.load("test", data)
    page.section("Training", training(card), *curves("curves", recipe.title, card.training["history"]))
    kinds = card.data["kinds"]
    by_kind = {kind: _logits(classifier, split, kind) for kind in kinds}
    rows = [
        [kind, metrics.accuracy(split.labels, by_kind[kind].argmax(axis=-1)), len(split.labels)]
        for kind in kinds
    ]
    page.section(
        "Accuracy by kind of digit",
        KINDS if len(kinds) > 1 else "",
        Table(
            name="accuracy-by-kind",
            title="Test accuracy",
            columns=("kind", "accuracy", "digits"),
            rows=rows,
            formats={"accuracy": ".2%"},
        ),
    )
    for kind, logits in by_kind.items():
        answers = logits.argmax(axis=-1)
        page.section(
            f"Answers on {kind} digits",
            "",
            confusion(f"confusion-{kind}", f"Confusion, {kind}", split.labels, answers, card.class_names),
            classification(f"classes-{kind}", f"By class, {kind}", split.labels, answers, card.class_names),
            _wrong(f"wrong-{kind}", kind, split, logits, card.class_names),
        )
    withstood.sections(page, card)
    page.write(output)


def training(card: Card) -> str:
    """How the model of `card` was trained: what it was shown, and what was held out."""
    how, ways = card.training, [SHOWN[kind] for kind in card.data["kinds"]]
    shown = f"in one of the kinds: {', '.join(ways[:-1])}, or {ways[-1]}" if len(ways) > 1 else ways[0]
    texts = [f"Every epoch shows each training digit once, {shown}."]
    spoils = filled(Spoiling, how.get("spoiling", {}), where="[training.spoiling]").spoils
    if spoils or any(how.get(name) for name in VARIATIONS):
        texts.append(VARIED)
    if how.get("defence"):
        texts.append(ATTACKED)
    return " ".join([*texts, HELD_OUT])


def _summary(card: Card) -> str:
    found = card.metrics
    text = f"{found['test_accuracy']:.2%} of MNIST's {found['test_images']:,} test digits are right"
    if "mixed_accuracy" in found:
        text += f", and {found['mixed_accuracy']:.2%} of {found['mixed_images']:,} of all kinds"
    return f"{text}. {card.parameters:,} parameters, {card.training['epochs']} epochs."


def _logits(classifier: Classifier, split: mnist.Split, kind: handwritten.Kind) -> Floats:
    return classifier.logits(to_float(handwritten.test(kind, split.images)))


def _wrong(
    name: str, kind: handwritten.Kind, split: mnist.Split, logits: Floats, names: Sequence[str]
) -> Pictures:
    """The wrong answers, those of the greatest confidence first."""
    probabilities, answers = softmax(logits), logits.argmax(axis=-1)
    wrong = np.flatnonzero(answers != split.labels)
    wrong = wrong[np.argsort(-probabilities[wrong].max(axis=-1))][:WRONG_SHOWN]
    images = handwritten.test(kind, split.images)
    pictures = [
        Picture(
            image=images[each],
            caption=f"{names[split.labels[each]]} → {names[answers[each]]}, {probabilities[each].max():.0%}",
        )
        for each in wrong
    ]
    rows = [pictures[start : start + 10] for start in range(0, len(pictures), 10)]
    return Pictures(name=name, title=f"Wrong with the most confidence, {kind} (true → answer)", rows=rows)
