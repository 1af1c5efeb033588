"""The form that asks for a measurement; its options are those of the attack that is chosen."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.kinds import pictures
from experiments.kinds.robustness import DEFAULT_COUNT
from experiments.services.runs import MAX_SEED
from ml.attacks import registry
from ml.card import Card
from predictor import engine

FIRST_ATTACK = "pgd"
PREFIX = "option-"
SET_TITLES = {
    pictures.MNIST: _("The MNIST test digits"),
    pictures.SHIPPED: _("The sample pictures of this site"),
}

NORM_TITLES = {
    "linf": _("L∞: the largest change of a value"),
    "l2": _("L2: the Euclidean length of the change"),
}


class RobustnessForm(forms.Form):
    """A model, an attack with its options, a bound, and how many pictures of which set."""

    model = forms.ChoiceField(label=_("Model"))
    attack = forms.ChoiceField(label=_("Attack"))
    source = forms.ChoiceField(label=_("Second model"), help_text=_("The pictures are made against it."))
    norm = forms.ChoiceField(label=_("Distance"))
    epsilon = forms.CharField(label="ε")
    data_set = forms.ChoiceField(label=_("Pictures"))
    count = forms.IntegerField(
        label=_("How many"), min_value=1, max_value=pictures.MAX_COUNT, initial=DEFAULT_COUNT
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=MAX_SEED, initial=0)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        """`initial` may name a model and an attack, as a link to the form does."""
        super().__init__(data, initial=initial)
        cards = {card.name: card for card in engine.cards()}
        values: Mapping[str, Any] = self.data if self.is_bound else self.initial
        self.card = cards.get(values.get("model", "")) or _first(cards)
        self.entry = registry.ATTACKS.get(values.get("attack", "")) or registry.ATTACKS[FIRST_ATTACK]
        if not self.is_bound:
            name = self.card.name if self.card else ""
            self.initial = {**self.initial, "model": name, "attack": self.entry.name}
        self._choices(cards)
        self._bound()
        for parameter in self.entry.parameters:
            self.fields[PREFIX + parameter.name] = option_field(parameter)

    def _choices(self, cards: dict[str, Card]) -> None:
        titles = [(name, gettext(card.title)) for name, card in cards.items()]
        self._field("model").choices = titles
        self._field("attack").choices = [
            (name, gettext(entry.title)) for name, entry in registry.ATTACKS.items()
        ]
        self._field("attack").help_text = gettext(self.entry.description)
        if self.entry.needs == "source":
            self._field("source").choices = [
                (name, title)
                for name, title in titles
                if self.card and name != self.card.name and cards[name].domain == self.card.domain
            ]
        else:
            del self.fields["source"]
        sets = [name for name in pictures.SETS if self.card and _has(name, self.card)]
        self._field("data_set").choices = [(name, SET_TITLES[name]) for name in sets]

    def _bound(self) -> None:
        """Distance and ε, as far as the attack has them."""
        if not self.entry.bounded:
            del self.fields["norm"], self.fields["epsilon"]
            return
        self._field("norm").choices = [(norm, NORM_TITLES[norm]) for norm in self.entry.norms]
        field = self.fields["epsilon"]
        field.help_text = _("As a decimal (0.03) or a fraction (8/255); for the Euclidean length a number.")
        field.initial = "8/255" if self.card and self.card.domain == "photos" else "0.1"

    def _field(self, name: str) -> forms.ChoiceField:
        return cast(forms.ChoiceField, self.fields[name])

    def parameters(self) -> dict[str, Any]:
        """What the kind `robustness` takes, from the checked form."""
        values = dict(self.cleaned_data)
        del values["seed"]
        values["data"] = values.pop("data_set")
        options = {
            name.removeprefix(PREFIX): values.pop(name) for name in list(values) if name.startswith(PREFIX)
        }
        return {**values, "options": {name: value for name, value in options.items() if value != ""}}


def _first(cards: dict[str, Card]) -> Card | None:
    """The model to begin with: a network, of digits where there is one, which is quick."""
    networks = [card for card in cards.values() if card.gradient] or list(cards.values())
    return min(networks, key=lambda card: card.domain != "digits", default=None)


def _has(name: str, card: Card) -> bool:
    if name == pictures.MNIST:
        return pictures.fits_mnist(card) and pictures.has_mnist()
    return pictures.available(name, card) > 0


def option_field(parameter: registry.Parameter) -> forms.Field:
    """A field that shows the default; the kind reads the value and refuses it with its own sentence."""
    label = gettext(parameter.title)
    if parameter.type == "bool":
        return forms.BooleanField(label=label, required=False, initial=bool(parameter.default))
    if parameter.type == "choice":
        return forms.ChoiceField(
            label=label,
            initial=str(parameter.default),
            choices=[(name, gettext(registry.find(name).title)) for name in parameter.choices],
        )
    low, high = f"{parameter.lowest:g}", f"{parameter.highest:g}"
    step = 1 if parameter.type == "int" else "any"
    bounds = gettext("%(low)s to %(high)s") % {"low": number_format(low), "high": number_format(high)}
    if parameter.empty:
        bounds = gettext("%(bounds)s; empty: %(default)s") % {
            "bounds": bounds,
            "default": gettext(parameter.empty),
        }
    return forms.CharField(
        label=label,
        initial="" if parameter.default is None else str(parameter.default),
        required=False,
        widget=forms.NumberInput({"min": low, "max": high, "step": step}),
        help_text=bounds,
    )
