"""The attacks by name, and their options as a form or a command line offers them."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ml import attacks
from ml.attacks.base import Attack
from ml.attacks.norms import Name
from ml.errors import OptionRefused, sentence

if TYPE_CHECKING:
    from ml.model import Model


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One option. A number lies from `lowest` to `highest`, a choice is one of `choices`.

    Where the default is None, as little may be asked for; `empty` says what it then is, to be translated.
    """

    name: str
    title: str
    type: Literal["int", "float", "bool", "choice"]
    default: int | float | bool | str | None
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()
    empty: str = ""

    def read(self, value: object) -> int | float | bool | str | None:
        """The option's value, of text or of JSON.

        Raises:
            OptionRefused: it is none.
        """
        if self.default is None and (value is None or (isinstance(value, str) and not value.strip())):
            return None
        read = _READERS[self.type](value)
        if self.type in ("int", "float"):
            good = read is not None and self.lowest <= read <= self.highest
        else:
            good = read is not None and (self.type == "bool" or read in self.choices)
        if not good:
            raise OptionRefused(
                _REFUSALS[self.type],
                option=self.name,
                lowest=f"{self.lowest or 0:g}",
                highest=f"{self.highest or 0:g}",
                choices=", ".join(self.choices),
            )
        return read


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An attack by name: `kind` with `presets` in place of its defaults, less the options in `hidden`.

    `asks` is what it needs of the model: gradients or logits. `needs` is what it needs besides one image:
    "source", a second model, or "images", as many as there are, since it learns one change for all of them
    (from a single image it learns that one's own). `slider`: one step along a sign map that does not depend
    on ε. `group` is one of GROUPS. Title and description are to be translated.
    """

    name: str
    kind: type[Attack]
    group: str
    title: str
    description: str
    reference: str
    asks: Literal["gradient", "logits"] = "gradient"
    needs: Literal["", "source", "images"] = ""
    slider: bool = False
    presets: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @property
    def norms(self) -> tuple[Name, ...]:
        """The norms it is defined for, the default first."""
        return self.kind.norms

    @property
    def can_target(self) -> bool:
        """Whether it may head for a class."""
        return self.kind.can_target

    @property
    def bounded(self) -> bool:
        """Whether ε bounds it; an attack on few pixels is bounded by their number."""
        return self.kind.bounded

    @property
    def minimal(self) -> bool:
        """Whether it looks for the smallest change by itself, so that ε may be left out."""
        return self.kind.minimal

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What may be set, in the order of the attack's own fields."""
        return tuple(
            _parameter(self, field)
            for field in dataclasses.fields(self.kind)
            if field.name not in self.hidden
        )


def make(name: str, options: Mapping[str, object] | None = None, *, source: "Model | None" = None) -> Attack:
    """The attack `name` with these options, as text or as JSON values; what is left out has its default.

    `source` is the second model of an attack that needs one; the others leave it alone.

    Raises:
        OptionRefused: no such attack or option, a value out of its range, or no source where it needs one.
    """
    entry = find(name)
    known = {parameter.name: parameter for parameter in entry.parameters}
    for option in options or {}:
        if option not in known:
            raise OptionRefused(
                sentence("%(attack)s has no option %(option)s; it has: %(options)s.")
                if known
                else sentence("%(attack)s has no option %(option)s; there is nothing to set."),
                attack=name,
                option=option,
                options=", ".join(known),
            )
    values = dict(entry.presets)
    values.update({option: known[option].read(value) for option, value in (options or {}).items()})
    if entry.needs == "source":
        if source is None:
            raise OptionRefused(
                sentence("%(attack)s needs a second model to make the image with."), attack=name
            )
        values |= {"source": source, "attack": make(values["attack"])}
    try:
        return entry.kind(**values)
    except ValueError as error:
        raise OptionRefused(
            sentence("These options of %(attack)s do not go together: %(reason)s."), attack=name, reason=error
        ) from error


def find(name: str) -> Entry:
    """The attack's entry.

    Raises:
        OptionRefused: there is none.
    """
    try:
        return ATTACKS[name]
    except KeyError:
        raise OptionRefused(
            sentence("There is no attack %(name)s; there are: %(names)s."),
            name=name,
            names=", ".join(ATTACKS),
        ) from None


def _parameter(entry: Entry, field: "dataclasses.Field[Any]") -> Parameter:
    option = _OPTIONS.get(f"{entry.name}.{field.name}") or _OPTIONS[field.name]
    choices = _CARRIED if field.type is Attack else ()
    default = entry.presets.get(field.name, field.default)
    return Parameter(
        name=field.name,
        title=option.title,
        type="choice" if choices else _TYPES[field.type],
        default=default,
        lowest=option.lowest,
        highest=option.highest,
        choices=choices,
        empty=option.empty if default is None else "",
    )


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


_FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_TYPES: Mapping[Any, Literal["int", "float", "bool"]] = {
    int: "int",
    float: "float",
    float | None: "float",
    bool: "bool",
}
_READERS: Mapping[str, Any] = {"int": _whole, "float": _number, "bool": _flag, "choice": _text}
_REFUSALS = {
    "int": sentence("%(option)s must be a whole number from %(lowest)s to %(highest)s."),
    "float": sentence("%(option)s must be a number from %(lowest)s to %(highest)s."),
    "bool": sentence("%(option)s must be true or false."),
    "choice": sentence("%(option)s must be one of: %(choices)s."),
}

# What an image can be made with for another model.
_CARRIED = ("mi-fgsm", "fgsm", "bim", "pgd", "apgd")


class _Option(NamedTuple):
    """The highest bounds the work, or is where the option ends to make sense; `empty` as in `Parameter`."""

    title: str
    lowest: float | None = None
    highest: float | None = None
    empty: str = ""


# By the field's name, or by attack and field where the same name means something else.
_OPTIONS: dict[str, _Option] = {
    "steps": _Option(sentence("Steps"), 1, 1000),
    "carlini-wagner.steps": _Option(sentence("Steps"), 1, 10_000),
    "relative_step": _Option(
        sentence("Size of a step, as a share of ε"), 0.001, 2, sentence("2.5 divided by the steps")
    ),
    "random_start": _Option(sentence("Start from a random point")),
    "restarts": _Option(sentence("Starts"), 1, 20),
    "until_solved": _Option(sentence("Stop at the first success")),
    "decay": _Option(sentence("Share of the momentum kept at each step"), 0, 2),
    "classes": _Option(sentence("Other classes tried, the likeliest first"), 1, 100),
    "overshoot": _Option(sentence("Overshoot beyond the boundary"), 0, 1),
    "candidates": _Option(sentence("Classes whose boundaries are looked at"), 1, 100),
    "confidence": _Option(sentence("Margin asked for, in logits"), 0, 100),
    "searches": _Option(sentence("Rounds of the search for the weight of success"), 1, 20),
    "rate": _Option(sentence("Learning rate"), 0.0001, 1),
    "first_c": _Option(sentence("First weight of success"), 0.00001, 1000),
    "separately": _Option(sentence("A run of its own towards each class")),
    "beyond": _Option(sentence("Step, as a multiple of the distance to the boundary"), 1, 2),
    "bias": _Option(sentence("Largest pull back to the original"), 0, 1),
    "back": _Option(sentence("Share of the way kept after a success"), 0.01, 0.99),
    "theta": _Option(sentence("Change of a pixel, negative to darken"), -1, 1),
    "gamma": _Option(sentence("Largest share of the pixels changed"), 0.001, 1),
    "pairs": _Option(sentence("Two pixels at a time")),
    "pixels": _Option(sentence("Pixels changed"), 1, 100),
    "population": _Option(sentence("Candidates in a generation"), 4, 1000),
    "generations": _Option(sentence("Generations"), 0, 1000),
    "weight": _Option(sentence("Weight of the difference of two candidates"), 0.01, 2),
    "queries": _Option(sentence("Questions asked about an image"), 1, 20_000),
    "share": _Option(sentence("Share of the image that the first squares cover"), 0.001, 1),
    "salt-and-pepper.share": _Option(sentence("Share of the pixels changed"), 0.001, 1),
    "draws": _Option(sentence("Draws, the first success being kept"), 1, 1000),
    "epochs": _Option(sentence("Passes over the images"), 1, 100),
    "batch_size": _Option(sentence("Images in a batch"), 1, 1000),
    "enough": _Option(sentence("Loss from which an image no longer counts"), 0.1, 100),
    "smallest": _Option(sentence("Smallest diameter, as a share of the shorter side"), 0.05, 1),
    "largest": _Option(sentence("Largest diameter, as a share of the shorter side"), 0.05, 1),
    "turn": _Option(sentence("Largest turn, in degrees"), 0, 180),
    "attack": _Option(sentence("Attack that makes the image")),
}

# How attacks are sorted where people choose one; the titles are to be translated.
GROUPS = {
    "one-step": sentence("One step"),
    "many-steps": sentence("Many steps"),
    "smallest": sentence("The smallest change"),
    "no-gradient": sentence("Without the model's gradient"),
    "few-pixels": sentence("Few pixels"),
    "noise": sentence("Noise"),
    "for-all": sentence("One change for all images"),
}
_PGD_ALONE = ("steps", "relative_step", "random_start", "restarts", "until_solved")
_ENTRIES = (
    Entry(
        name="fgsm",
        kind=attacks.FGSM,
        group="one-step",
        title=sentence("Fast gradient sign (FGSM)"),
        description=sentence("One step of size ε along the sign of the gradient of the loss."),
        reference="Goodfellow et al. 2015, arXiv:1412.6572",
        slider=True,
        hidden=_PGD_ALONE,
    ),
    Entry(
        name="bim",
        kind=attacks.BIM,
        group="many-steps",
        title=sentence("Basic iterative method (BIM)"),
        description=sentence("Small steps along the gradient's sign, from the image itself."),
        reference="Kurakin et al. 2017, arXiv:1607.02533",
        hidden=("random_start", "restarts"),
    ),
    Entry(
        name="pgd",
        kind=attacks.PGD,
        group="many-steps",
        title=sentence("Projected gradient descent (PGD)"),
        description=sentence(
            "Small steps up the loss from a random point of the ball, projected back each time."
        ),
        reference="Madry et al. 2018, arXiv:1706.06083",
    ),
    Entry(
        name="mi-fgsm",
        kind=attacks.MIFGSM,
        group="many-steps",
        title=sentence("Momentum iterative FGSM (MI-FGSM)"),
        description=sentence("Steps along the running sum of gradients, which fool other models more often."),
        reference="Dong et al. 2018, arXiv:1710.06081",
    ),
    Entry(
        name="apgd",
        kind=attacks.APGD,
        group="many-steps",
        title=sentence("Auto-PGD on the cross-entropy (APGD)"),
        description=sentence("PGD with momentum that halves its step where the loss no longer rises."),
        reference="Croce & Hein 2020, arXiv:2003.01690",
        hidden=("loss", "classes"),
    ),
    Entry(
        name="apgd-margin",
        kind=attacks.APGD,
        group="many-steps",
        title=sentence("Auto-PGD on the margin (APGD-T)"),
        description=sentence("The same up the margin, towards each of the likeliest other classes in turn."),
        reference="Croce & Hein 2020, arXiv:2003.01690",
        presets={"loss": "margin", "classes": 9},
        hidden=("loss",),
    ),
    Entry(
        name="deepfool",
        kind=attacks.DeepFool,
        group="smallest",
        title=sentence("DeepFool"),
        description=sentence("Steps onto the nearest linearised boundary until the answer changes."),
        reference="Moosavi-Dezfooli et al. 2016, arXiv:1511.04599",
    ),
    Entry(
        name="carlini-wagner",
        kind=attacks.CarliniWagner,
        group="smallest",
        title=sentence("Carlini & Wagner"),
        description=sentence("The shortest change that moves the answer, by optimisation: slow and small."),
        reference="Carlini & Wagner 2017, arXiv:1608.04644",
    ),
    Entry(
        name="fab",
        kind=attacks.FAB,
        group="smallest",
        title=sentence("Fast adaptive boundary (FAB)"),
        description=sentence("Steps onto the boundary, drawn to the point of it nearest to the original."),
        reference="Croce & Hein 2020, arXiv:1907.02044",
    ),
    Entry(
        name="jsma",
        kind=attacks.JSMA,
        group="few-pixels",
        title=sentence("Saliency map (JSMA)"),
        description=sentence("Changes the few pixels that lead to another class most directly."),
        reference="Papernot et al. 2016, arXiv:1511.07528",
    ),
    Entry(
        name="one-pixel",
        kind=attacks.OnePixel,
        group="few-pixels",
        title=sentence("One pixel"),
        description=sentence("Replaces one pixel or a few, found by evolution from the answers alone."),
        reference="Su et al. 2019, arXiv:1710.08864",
        asks="logits",
    ),
    Entry(
        name="square",
        kind=attacks.Square,
        group="no-gradient",
        title=sentence("Square"),
        description=sentence(
            "Random squares, kept where they help: it asks for answers, never for a gradient."
        ),
        reference="Andriushchenko et al. 2020, arXiv:1912.00049",
        asks="logits",
    ),
    Entry(
        name="uniform-noise",
        kind=attacks.UniformNoise,
        group="noise",
        title=sentence("Uniform noise"),
        description=sentence("Noise that knows nothing of the model, uniform in the ball of size ε."),
        reference="",
        asks="logits",
    ),
    Entry(
        name="gaussian-noise",
        kind=attacks.GaussianNoise,
        group="noise",
        title=sentence("Gaussian noise"),
        description=sentence("Normal noise that knows nothing of the model, within ε."),
        reference="",
        asks="logits",
    ),
    Entry(
        name="salt-and-pepper",
        kind=attacks.SaltAndPepper,
        group="noise",
        title=sentence("Salt and pepper"),
        description=sentence("Pixels at random become black or white, without regard to the model."),
        reference="",
        asks="logits",
    ),
    Entry(
        name="auto",
        kind=attacks.Auto,
        group="many-steps",
        title=sentence("Auto, the strongest here"),
        description=sentence(
            "A fixed cascade of attacks, cheap ones first, each on what withstood those before it."
        ),
        reference="after Croce & Hein 2020, arXiv:2003.01690",
    ),
    Entry(
        name="universal",
        kind=attacks.UniversalPerturbation,
        group="for-all",
        title=sentence("Universal perturbation"),
        description=sentence("One change for all images, learned from them."),
        reference="Shafahi et al. 2020, arXiv:1811.11304",
        needs="images",
    ),
    Entry(
        name="patch",
        kind=attacks.AdversarialPatch,
        group="for-all",
        title=sentence("Adversarial patch"),
        description=sentence("A round patch for all images that works wherever it lies, learned from them."),
        reference="Brown et al. 2017, arXiv:1712.09665",
        needs="images",
    ),
    Entry(
        name="transfer",
        kind=attacks.Transfer,
        group="no-gradient",
        title=sentence("Transfer from another model"),
        description=sentence("The image is made against a second model; the one attacked is never asked."),
        reference="Papernot et al. 2016, arXiv:1605.07277",
        asks="logits",
        needs="source",
        presets={"attack": _CARRIED[0]},
        hidden=("source",),
    ),
)
ATTACKS: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
