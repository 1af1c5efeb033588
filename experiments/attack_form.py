"""The form that asks for an attack on an image; its options are those of the attack that is chosen."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.forms import FIRST_ATTACK, NORM_TITLES, PREFIX, option_field
from experiments.kinds import curve
from experiments.services.runs import MAX_SEED
from ml.attacks import registry
from ml.attacks.norms import NORMS, Name
from ml.card import Card
from predictor import engine
from predictor.models import Prediction

# What to begin with: for digits a size that changes many answers, for photos one that nobody sees.
FIRST_EPSILON = {"linf": {"digits": "0.2", "photos": "8/255"}, "l2": {"digits": "2", "photos": "1"}}


class AttackImageForm(forms.Form):
    """An attack on what a model saw of an image: its options, norm, ε, target and seed."""

    prefix = "more"
    # What the page has to say before the form is sent.
    notice = ""

    model = forms.CharField(widget=forms.HiddenInput)
    # The attack and the norm whose fields the form shows, as `pgd linf`.
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    attack = forms.ChoiceField(label=_("Attack"))
    norm = forms.ChoiceField(label=_("Distance"))
    source = forms.ChoiceField(label=_("Second model"), help_text=_("The image is made against it."))
    epsilon = forms.CharField(label="ε")
    target = forms.ChoiceField(label=_("Target"), required=False)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=MAX_SEED, initial=0)
    curve = forms.BooleanField(label=_("Curve of ε against confidence, which takes longer"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        card: Card,
        prediction: Prediction,
        kept: Mapping[str, str] | None = None,
    ) -> None:
        """`kept` is what was typed, by the fields' full names, before another attack or norm was chosen."""
        super().__init__(data)
        self._card, self._prediction = card, prediction
        values = data if data is not None else kept or {}
        typed = {key.removeprefix("more-"): value for key, value in values.items() if key.startswith("more-")}
        cards = {each.name: each for each in engine.cards()}
        attacks = offered(card, cards)
        first = FIRST_ATTACK if FIRST_ATTACK in attacks else next(iter(attacks))
        self.entry = attacks.get(typed.get("attack", ""), attacks[first])
        norms = self.entry.norms
        self.norm_chosen: Name = cast(Name, typed["norm"]) if typed.get("norm") in norms else norms[0]
        self._choices(attacks, cards)
        self._bound()
        for parameter in self.entry.parameters:
            self.fields[PREFIX + parameter.name] = option_field(parameter)
        self.is_current = (typed.get("shown") or self._shown) == self._shown
        self.initial = {**self._kept(typed), "model": card.name, "shown": self._shown}
        self.initial |= {"attack": self.entry.name, "norm": self.norm_chosen}

    @property
    def _shown(self) -> str:
        return f"{self.entry.name} {self.norm_chosen}"

    @property
    def description(self) -> str:
        return gettext(self.entry.description)

    @property
    def usual_fields(self) -> list[forms.BoundField]:
        """What most attacks have."""
        return [self[name] for name in ("source", "epsilon", "target", "seed") if name in self.fields]

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """What this attack alone has, the boxes to tick last."""
        options = [self[name] for name in self.fields if name.startswith(PREFIX)]
        return sorted(options, key=lambda each: isinstance(each.field, forms.BooleanField))

    @property
    def options_open(self) -> bool:
        """Whether its options are seen at once: some are not the defaults, or something is wrong."""
        changed = any(str(each.value()) != str(each.field.initial) for each in self.option_fields)
        return bool(changed or self.notice or self.errors)

    def _choices(self, attacks: Mapping[str, registry.Entry], cards: Mapping[str, Card]) -> None:
        self._field("attack").choices = [
            (gettext(title), [(name, gettext(e.title)) for name, e in attacks.items() if e.group == group])
            for group, title in registry.GROUPS.items()
            if any(entry.group == group for entry in attacks.values())
        ]
        self._field("norm").choices = [(norm, NORM_TITLES[norm]) for norm in self.entry.norms]
        if len(self.entry.norms) == 1:
            del self.fields["norm"]
        names = [name for name in self._card.class_names if name != self._prediction.class_name]
        self._field("target").choices = [("", _("any other class")), *((name, name) for name in names)]
        if not self.entry.can_target:
            del self.fields["target"]
        sources = [(each.name, gettext(each.title)) for each in sources_for(self._card, cards)]
        self._field("source").choices = sources
        if self.entry.needs != "source":
            del self.fields["source"]

    def _bound(self) -> None:
        """ε and the curve over it, as far as the attack has them."""
        if not curve.possible(self.entry):
            del self.fields["curve"]
        else:
            # One step is answered at once by the slider; a search by questions takes its time at each ε.
            self.fields["curve"].initial = self.entry.group == "many-steps"
        if not self.entry.bounded:
            del self.fields["epsilon"]
            return
        field = self.fields["epsilon"]
        if self.norm_chosen == "l2":
            largest = f"{NORMS['l2'].largest(self._card.input_shape):.4g}"
            field.label = _("ε, the length of the change (L2)")
            field.help_text = gettext("A number up to %(largest)s.") % {"largest": largest}
        else:
            field.help_text = gettext("As a decimal (0.03) or a fraction (8/255).")
        if self.entry.minimal:
            field.required = False
            field.help_text = gettext("Leave it empty for the smallest change.") + f" {field.help_text}"
        else:
            field.initial = FIRST_EPSILON[self.norm_chosen][self._card.domain]

    def _kept(self, typed: Mapping[str, str]) -> dict[str, Any]:
        """What stays of what was typed: for the same attack all but an ε in the other norm."""
        if "shown" not in typed:
            return {name: value for name, value in typed.items() if name in self.fields}
        attack, _, norm = typed["shown"].partition(" ")
        same = attack == self.entry.name
        names = {"target", "seed", "source"}
        if norm == self.norm_chosen and typed.get("epsilon") and (same or not self.entry.minimal):
            names.add("epsilon")
        kept: dict[str, Any] = {name: typed[name] for name in names & typed.keys()}
        if same:
            for name, field in self.fields.items():
                if isinstance(field, forms.BooleanField):
                    kept[name] = name in typed
                elif name.startswith(PREFIX) and name in typed:
                    kept[name] = typed[name]
        return kept

    def _field(self, name: str) -> forms.ChoiceField:
        return cast(forms.ChoiceField, self.fields[name])

    def parameters(self) -> dict[str, Any]:
        """What the kind `attack-image` takes, from the checked form."""
        values = self.cleaned_data
        options = {
            name.removeprefix(PREFIX): value
            for name, value in values.items()
            if name.startswith(PREFIX) and value != ""
        }
        asked = ("attack", "norm", "source", "epsilon", "target", "curve")
        return {
            **{name: values[name] for name in asked if name in values},
            "prediction": str(self._prediction.pk),
            "options": options,
        }


def offered(card: Card, cards: Mapping[str, Card]) -> dict[str, registry.Entry]:
    """The attacks that a model allows: without a gradient those that ask for answers alone."""
    return {
        name: entry
        for name, entry in registry.ATTACKS.items()
        if (card.gradient or entry.asks == "logits") and (entry.needs != "source" or sources_for(card, cards))
    }


def sources_for(card: Card, cards: Mapping[str, Card]) -> list[Card]:
    """The models whose adversarial images can be shown to this one."""
    like = (card.class_names, card.input_shape)
    return [
        each
        for each in cards.values()
        if each.gradient and each.name != card.name and (each.class_names, each.input_shape) == like
    ]
