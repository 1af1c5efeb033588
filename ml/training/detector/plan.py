"""The tables of a detector's recipe."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ml.attacks import BIM, FAB, FGSM, PGD, Attack, CarliniWagner, DeepFool
from ml.attacks.norms import Name
from ml.errors import OptionRefused, sentence
from ml.training.detector.data import Kind


@dataclass(frozen=True, kw_only=True)
class Data:
    """Of the images on which `model` was trained, `clean` teach what is clean, and `attacked` others are
    attacked.

    Both are by turns as they are, or as the model learned them, and of each of `kinds`. The threshold is set
    on those that were held out when the model was trained, and the one whose opinion is asked: at most
    `validation` of them.
    """

    model: str
    clean: int
    attacked: int
    validation: int
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Training:
    """What the detector looks at (`detection.views.Settings`), and how its head learns it.

    Of each layer's features so many `directions` are kept; the head has `hidden` units, and `penalty` on its
    weights. `attacks` are named as `attack` has them, each with its ε; one without is given none. In each of
    `rounds` the detector is attacked, at every ε of `aware`, by `aware_steps` of PGD that knows it, and the
    head learns from what fooled the model. `guard` is the table of `detector_guard.Plan`, if there is to be
    one; `opinion` names a model of the zoo that is asked, too.
    """

    squeezes: tuple[str, ...]
    layers: tuple[str, ...]
    limits: tuple[float, ...]
    footprint: tuple[float, ...] = ()
    ink: bool = False
    directions: int = 32
    hidden: int = 16
    penalty: float = 0.3
    attacks: dict[str, list[float]]
    rounds: int = 0
    aware: list[float] = field(default_factory=list)
    aware_images: int = 100
    aware_steps: int = 30
    guard: dict[str, Any] = field(default_factory=dict)
    opinion: str = ""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """`false_alarms` is the share of the clean validation images that reach the threshold: plain ones, or at
    most `of_kind` of one of the recipe's `kinds`, whichever do so more often.

    Measured on test images: `clean` of them against the first so many under each of `attacks`, with its ε;
    `slow` images under the attacks that look for a minimum, and of each further kind under all of them but
    FULL, which takes from two minutes to most of an hour.
    `aware` are the ε at which `aware_images` are attacked by PGD in `aware_steps` that knows the detector.
    `targets` say of a figure what others reached, what is asked at least, and the aim.
    """

    false_alarms: float
    clean: int
    images: int
    slow: int
    attacks: dict[str, list[float]]
    aware: list[float]
    aware_images: int
    aware_steps: int = 100
    # To read a digit from a picture takes a while.
    of_kind: int = 1000
    targets: dict[str, list[float]] = field(default_factory=dict)


def every(epsilons: Sequence[float]) -> list[float | None]:
    """Each ε, or None once for an attack that is given none."""
    return [*epsilons] or [None]


class EuclideanFAB(FAB):
    """FAB where it is given no norm: in l2, as near to the boundary as Carlini and Wagner's attack goes."""

    norms: ClassVar[tuple[Name, ...]] = ("l2",)


# Options for thousands of images, where an attack's own are for few. Only the last is at its full length: cut
# short, it finds nothing on 185 of 200 digits of a network that was trained under attack.
FULL = "carlini-wagner"
ATTACKS: dict[str, Attack] = {
    "fgsm": FGSM(),
    "bim": BIM(),
    "pgd": PGD(steps=20, relative_step=0.1),
    "deepfool": DeepFool(),
    "fab": EuclideanFAB(steps=50, classes=3),
    "cw": CarliniWagner(steps=100, searches=4, rate=0.03, first_c=0.1),
    FULL: CarliniWagner(),
}


def attack(name: str) -> Attack:
    """The attack that recipes call `name`.

    Raises:
        OptionRefused: there is none.
    """
    if name not in ATTACKS:
        raise OptionRefused(
            sentence("A detector cannot be trained on the attack %(name)s; it can on: %(names)s."),
            name=name,
            names=", ".join(ATTACKS),
        )
    return ATTACKS[name]
