"""The attack of a run: read from what a person sent, written out in full, made by the worker."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from ml import epsilon as epsilons
from ml import zoo
from ml.attacks import Attack, registry
from ml.attacks.norms import NORMS, Name
from ml.card import Card
from ml.errors import EpsilonRefused, ModelUnavailable, OptionRefused, sentence
from ml.model import Model, gradient_refused

NAMES = ("attack", "options", "source", "norm", "epsilon")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """An attack with all its options. `epsilon` is None where the attack is not bounded by one."""

    attack: str
    options: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    norm: Name = "linf"
    epsilon: float | None = None

    @property
    def entry(self) -> registry.Entry:
        return registry.find(self.attack)

    def as_parameters(self) -> dict[str, Any]:
        return asdict(self)

    def make(self) -> Attack:
        """The attack itself; loads the second model where there is one."""
        source: Model | None = zoo.load(self.source) if self.source else None
        return registry.make(self.attack, self.options, source=source)


def card_of(parameters: Mapping[str, Any]) -> Card:
    """The card of the model that `parameters` name.

    Raises:
        ModelUnavailable: there is none.
    """
    return zoo.card(str(parameters.get("model", "")))


def weights_check(name: str, sha256: str) -> None:
    """Refuse to go on with other weights than the run began with.

    Raises:
        ModelUnavailable: they have changed, or the model is gone.
    """
    if zoo.card(name).weights_sha256 != sha256:
        raise ModelUnavailable(
            sentence("The model “%(name)s” has changed since this experiment was asked for: start it anew."),
            name=name,
        )


def read(parameters: Mapping[str, Any], card: Card) -> Chosen:
    """The attack of `parameters` on the model of `card`.

    Raises:
        OptionRefused: no such attack, option, norm or second model.
        EpsilonRefused: no ε that could be meant.
        NotANetwork: the attack needs a gradient, and the model has none.
    """
    entry = registry.find(str(parameters.get("attack", "")))
    if entry.asks == "gradient" and not card.gradient:
        raise gradient_refused(card)
    options = _options(entry, parameters.get("options") or {})
    norm = cast(Name, str(parameters.get("norm") or entry.norms[0]))
    if norm not in entry.norms:
        raise OptionRefused(
            sentence("%(attack)s is not defined for the norm %(norm)s; it knows %(norms)s."),
            attack=entry.name,
            norm=norm,
            norms=", ".join(entry.norms),
        )
    return Chosen(
        attack=entry.name,
        options=options,
        source=_source(entry, str(parameters.get("source") or ""), card),
        norm=norm,
        epsilon=_epsilon(entry, norm, parameters.get("epsilon"), card),
    )


def of_parameters(parameters: Mapping[str, Any]) -> Chosen:
    """The attack of a stored run, whose parameters were checked and completed by `read`."""
    return Chosen(**{name: parameters[name] for name in NAMES})


def _options(entry: registry.Entry, given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise OptionRefused(sentence("The options of an attack are names with values."))
    if entry.needs != "source":
        registry.make(entry.name, given)
    known = {parameter.name: parameter for parameter in entry.parameters}
    for name in given:
        if name not in known:
            raise OptionRefused(
                sentence("%(attack)s has no option %(option)s."), attack=entry.name, option=name
            )
    return {name: each.read(given.get(name, each.default)) for name, each in known.items()}


def _source(entry: registry.Entry, name: str, card: Card) -> str:
    if entry.needs != "source":
        return ""
    if not name:
        raise OptionRefused(
            sentence("%(attack)s needs a second model to make the image with."), attack=entry.name
        )
    source = zoo.card(name)
    if not source.gradient:
        raise gradient_refused(source)
    if (source.class_names, source.input_shape) != (card.class_names, card.input_shape):
        raise OptionRefused(
            sentence("“%(source)s” and “%(model)s” do not have the same inputs and classes."),
            source=source.name,
            model=card.name,
        )
    return name


def _epsilon(entry: registry.Entry, norm: Name, given: object, card: Card) -> float | None:
    """ε in [0, 1] for linf, as text or a number; in l2 a length. None where it bounds nothing."""
    if not entry.bounded or (given in (None, "") and entry.minimal):
        return None
    if norm == "linf":
        return epsilons.parse(str(given))
    largest = NORMS[norm].largest(card.input_shape)
    try:
        value = float(str(given).replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 <= value <= largest:
        raise EpsilonRefused(
            sentence("A distance in l2 must lie between 0 and %(largest)s."), largest=round(largest, 2)
        )
    return value
