"""ε against confidence: the answers to an attack's files at several ε up to the one that was asked."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from experiments.facts import epsilon_text
from experiments.kinds.chosen import Chosen
from ml import epsilon as epsilons
from ml.attacks.registry import Entry
from ml.errors import OptionRefused, sentence
from ml.report import Lines
from ml.verdict import Verdict
from predictor.drawings import drawn
from predictor.models import AdversarialImage, Prediction
from predictor.services.attacked import answer_to, attacked_pixels

POINTS = 8
FILE = "curve.csv"
AXES = {"linf": "ε", "l2": "ε, L2"}
Point = dict[str, Any]


def possible(entry: Entry) -> bool:
    """Whether ε is what decides how far the attack goes."""
    return entry.bounded and not entry.minimal


def read(value: object, attack: Chosen) -> bool:
    """Whether a curve is asked for.

    Raises:
        OptionRefused: the attack can have none.
    """
    if not isinstance(value, bool):
        raise OptionRefused(sentence("“%(name)s” must be true or false."), name="curve")
    if value and not possible(attack.entry):
        raise OptionRefused(
            sentence("%(attack)s has no curve over ε: it looks for its change by itself."),
            attack=attack.attack,
        )
    return value


def below(attack: Chosen) -> list[float]:
    """The ε to try before the one that was asked; in L∞ whole steps, each once, as only those make a file."""
    largest = attack.epsilon or 0.0
    if attack.norm == "l2":
        return [largest * number / POINTS for number in range(1, POINTS)]
    most = epsilons.steps(largest)
    whole = {round(most * number / POINTS) for number in range(1, POINTS)}
    return [steps / epsilons.LEVELS for steps in sorted(whole - {0, most})]


def measured(attack: Chosen, call: Mapping[str, Any], after_each: Callable[[], None]) -> list[Point]:
    """The answer at 0 and at each ε of `below`; `call` is what `attacked_pixels` takes besides ε."""
    points = [_at(0.0, call["prediction"])]
    for epsilon in below(attack):
        _, pixels = attacked_pixels(**call, epsilon=epsilon)
        points.append(_at(epsilon, answer_to(pixels, call["model"].card)))
        after_each()
    return points


def finished(points: list[Point], attack: Chosen, last: AdversarialImage | Prediction) -> list[Point]:
    """`points` with the last one, the answer to the file that is kept; without a file nothing changed."""
    return [*points, _at(attack.epsilon or 0.0, last)]


def first_change(points: list[Point], target: str) -> float | None:
    """The smallest ε tried at which the answer is the target, or without one is another than at 0."""
    for point in points[1:]:
        if point["class"] == target if target else point["class"] != points[0]["class"]:
            return float(point["epsilon"])
    return None


def as_csv(points: list[Point]) -> bytes:
    """A line for each ε: the answer, and how probable each class is."""
    names = list(points[0]["probabilities"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epsilon", "class", *names])
    for point in points:
        shares = [f"{point['probabilities'][name]:.6f}" for name in names]
        writer.writerow([f"{point['epsilon']:.6g}", point["class"], *shares])
    return text.getvalue().encode()


def shown(result: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a page shows of the curve of a result; None where none was asked for."""
    points = result.get("curve")
    if not points:
        return None
    first, norm = result["first_change"], parameters["norm"]
    return {
        "drawing": _drawing(points, norm),
        "tried": len(points) - 1,
        "first": None if first is None else epsilon_text(first, norm),
    }


def _drawing(points: list[Point], norm: str) -> SafeString:
    block = Lines(
        name="curve",
        title=gettext("Confidence of each class against ε"),
        x=AXES[norm],
        y=gettext("confidence"),
        percent=True,
        series={
            name: [(point["epsilon"], point["probabilities"][name]) for point in points]
            for name in points[0]["probabilities"]
        },
    )
    return drawn(block)


def _at(epsilon: float, answer: Verdict | AdversarialImage | Prediction) -> Point:
    return {"epsilon": epsilon, "class": answer.class_name, "probabilities": answer.probabilities}
