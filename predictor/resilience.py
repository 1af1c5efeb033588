"""What the page of a model says about attacks and corruptions, all read from its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ml.attacks import registry
from ml.card import Card
from ml.datasets.corruptions import SUITES
from ml.evaluation.measurements import CERTIFIED, Measurement, read
from ml.evaluation.robustness import SIGNS
from ml.report import Lines
from predictor.drawings import amount, bound, drawn


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement as the page shows it."""

    name: str
    bound: str
    measured: Measurement


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """Accuracy under one corruption; `severities` from the weakest on, empty where there is only one."""

    name: str
    accuracy: float
    severities: list[float]


def rows(card: Card) -> list[Row]:
    """The measurements of the card, in its order."""
    found = map(read, card.robustness)
    return [
        Row(name=_name(each), bound=bound(each.epsilon, each.norm, card), measured=each) for each in found
    ]


def commands(card: Card) -> list[str]:
    """What measures the rows again: one command for all ε of an attack."""
    found: dict[str, list[str]] = {}
    for each in map(read, card.robustness):
        if each.attack == CERTIFIED:
            found[f"python manage.py verify {card.name}"] = []
        else:
            found.setdefault(_command(card, each), []).append(amount(each.epsilon, each.norm, card))
    return [
        f"{command} --epsilon {' '.join(several)}" if several else command
        for command, several in found.items()
    ]


def curve(card: Card) -> SafeString | None:
    """Accuracy against ε in L∞, a line for each attack and sample; None with fewer than two ε of each."""
    series: dict[str, list[tuple[float, float]]] = {}
    found = [read(each) for each in card.robustness]
    alike = len({each.samples for each in found}) == 1
    for each in found:
        if each.norm == "linf" and each.accuracy is not None and each.clean_accuracy is not None:
            name = _name(each)
            if not alike:
                name += f" · n = {number_format(each.samples, force_grouping=True)}"
            points = series.setdefault(name, [(0.0, each.clean_accuracy)])
            points.append((each.epsilon, each.accuracy))
    if not any(len(points) > 2 for points in series.values()):
        return None
    block = Lines(
        name="robustness",
        title=gettext("Accuracy under attack"),
        x="ε",
        y=gettext("accuracy"),
        percent=True,
        series={name: sorted(points) for name, points in series.items()},
    )
    return drawn(block)


def warnings(card: Card) -> list[str]:
    """The signs of masked gradients that were seen when the card was measured."""
    return [gettext(SIGNS[name]) for name in card.signs if name in SIGNS]


def corruptions(card: Card) -> list[Corruption]:
    """The table of corruptions, the hardest first; empty where they were not measured."""
    found: Mapping[str, Any] = card.corruptions.get("accuracy", {})
    suite = SUITES.get(card.corruptions.get("suite", ""), {})
    shown = []
    for name, values in found.items():
        several = values if isinstance(values, list) else [values]
        shown.append(
            Corruption(
                name=gettext(suite[name].title) if name in suite else name,
                accuracy=sum(several) / len(several),
                severities=several if len(several) > 1 else [],
            )
        )
    return sorted(shown, key=lambda each: each.accuracy)


def _command(card: Card, each: Measurement) -> str:
    """Without its ε."""
    options = "".join(f" --option {key}={value}" for key, value in each.options.items())
    return (
        f"python manage.py robustness {card.name} --attack {each.attack}{options}"
        f" --norm {each.norm} --samples {each.samples} --seed {each.seed}"
    )


def _name(each: Measurement) -> str:
    if each.attack == CERTIFIED:
        return gettext("certified")
    title = gettext(registry.find(each.attack).title)
    if "steps" not in each.options:
        return title
    steps = gettext("%(count)s steps") % {"count": each.options["steps"]}
    return f"{title}, {steps}"
