"""What a run was asked for, as people read it: with a name and in the reader's language."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.models import Run
from ml import epsilon as epsilons
from ml.attacks import registry

NAMES = {
    "model": _("Model"),
    "attack": _("Attack"),
    "source": _("Second model"),
    "norm": _("Distance"),
    "epsilon": "ε",
    "target": _("Target"),
    "curve": _("Curve over ε"),
    "data": _("Pictures"),
    "count": _("How many"),
}
HASHES = {
    "weights": _("Weights (SHA-256)"),
    "source": _("Weights of the second model (SHA-256)"),
    "data": _("Pictures (SHA-256)"),
}
VALUES = {
    "linf": "L∞",
    "l2": "L2",
    "mnist": _("The MNIST test digits"),
    "samples": _("The sample pictures of this site"),
}
# Said elsewhere, or by the image itself.
UNTOLD = ("options", "prediction")


def facts_of(run: Run) -> Iterator[tuple[Any, Any]]:
    """(name, value) of every parameter that has a value, of the seed and of what the result depends on."""
    yield from told(run.parameters)
    yield _("Seed"), str(run.seed)
    for name, value in run.hashes.items():
        yield HASHES.get(name, name), value[:12]


def told(parameters: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(name, value) of every parameter that has a value, the options of the attack last."""
    for name, value in parameters.items():
        if name not in UNTOLD and value not in ("", None):
            shown = epsilon_text(value, parameters.get("norm", "linf")) if name == "epsilon" else None
            yield NAMES.get(name, name), shown or _value(name, value)
    known = _known(parameters)
    for name, value in parameters.get("options", {}).items():
        option = known.get(name)
        title = gettext(option.title) if option else name
        yield title, gettext(option.empty) if option and value is None else _value(name, value)


def attack_line(parameters: Mapping[str, Any]) -> str:
    """`Projected gradient descent (PGD), ε = 0.1`, or `ε (L2) = 3`; of an attack that is gone, its name."""
    name, epsilon = parameters["attack"], parameters["epsilon"]
    entry = registry.ATTACKS.get(name)
    title = gettext(entry.title) if entry else str(name)
    norm = parameters.get("norm", "linf")
    sign = "ε (L2)" if norm == "l2" else "ε"
    return title if epsilon is None else f"{title}, {sign}\u00a0=\u00a0{epsilon_text(epsilon, norm)}"


def epsilon_text(epsilon: float, norm: str) -> str:
    """`4/255 (0.0157)` where an 8-bit file can hold just that, else the number alone."""
    number, steps = number_format(f"{epsilon:.3g}"), round(epsilon * epsilons.LEVELS)
    whole = norm == "linf" and abs(epsilon * epsilons.LEVELS - steps) < 1e-6
    return f"{epsilons.text(steps)} ({number})" if whole else number


def _known(parameters: Mapping[str, Any]) -> dict[str, registry.Parameter]:
    entry = registry.ATTACKS.get(parameters.get("attack", ""))
    return {each.name: each for each in entry.parameters} if entry else {}


def _value(name: str, value: object) -> Any:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        return _number(value)
    if name == "attack" and value in registry.ATTACKS:
        return gettext(registry.ATTACKS[str(value)].title)
    return VALUES.get(str(value), value)


def _number(value: float) -> str:
    return number_format(f"{value:.4g}") if isinstance(value, float) else str(intcomma(value))
