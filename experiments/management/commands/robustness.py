"""`manage.py robustness MODEL --attack auto --epsilon 0.3`: accuracy under attack on images never learned."""

import dataclasses
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from classification_site.commands import samples_check
from experiments.attack_command import AttackCommand, chosen, described, read_epsilon
from ml import zoo
from ml.attacks import registry
from ml.errors import EpsilonRefused, sentence

if TYPE_CHECKING:
    from ml.attacks.norms import Floats
    from ml.evaluation.robustness import Labels, Outcome, Sign
    from ml.model import Model

# Signs of masked gradients are looked for on so many of the images: a share of a twentieth shows.
SIGN_IMAGES = 100


class Command(AttackCommand):
    help = "Measure accuracy under an attack; several ε give a curve, one line for each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("model", metavar="MODEL")
        parser.add_argument(
            "--epsilon", nargs="+", default=[], metavar="E", help="decimals (0.3) or fractions (8/255)"
        )
        parser.add_argument(
            "--samples", type=int, default=1000, metavar="N", help="test images, evenly chosen; 0 takes all"
        )
        parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data")
        parser.add_argument(
            "--elsewhere",
            action="store_true",
            help="take all photos of the class folders in --data, not the model's own test photos",
        )
        parser.add_argument("--signs", action="store_true", help="look for signs of masked gradients")
        parser.add_argument(
            "--store", action="store_true", help="write the figures into the model's card, for `verify`"
        )
        parser.add_argument(
            "--output", type=Path, metavar="DIR", help="keep what is finished; the same command goes on"
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        from ml.evaluation import robustness

        model = zoo.load(options["model"])
        attack, norm = chosen(options)
        asked = [read_epsilon(text, attack, norm, options["attack"]) for text in options["epsilon"] or [None]]
        if attack.bounded and None in asked:
            raise EpsilonRefused(
                sentence("%(attack)s needs an ε: how far the image may move."), attack=options["attack"]
            )
        images, labels = _data(model, options)
        told = {
            "model": model.card.name,
            "weights_sha256": model.card.weights_sha256,
            **described(attack, options),
            "norm": norm,
            "seed": options["seed"],
        }
        for size in asked:
            folder = options["output"]
            # What ε does not bound may go anywhere in [0, 1].
            bounds: dict[str, Any] = {"epsilon": 1.0 if size is None else size, "norm": norm}
            bounds["seed"] = options["seed"]
            try:
                outcome = robustness.attacked(
                    attack, model, images, labels, folder=folder and folder / f"{norm}-{size}", **bounds
                )
            except KeyboardInterrupt:
                kept = " What is finished is kept: the same command goes on." if folder else ""
                raise CommandError(f"Stopped.{kept}", returncode=130) from None
            signs = _signs(model, images, labels, bounds) if options["signs"] else None
            values = {**told, "epsilon": size, **_figures(outcome, signs)}
            if options["store"]:
                _store(values, options)
            self.answer(values, _text(values))


def _data(model: "Model", options: dict[str, Any]) -> "tuple[Floats, Labels]":
    from ml import training
    from ml.evaluation import samples

    samples_check(options["samples"])
    if options["elsewhere"]:
        if options["data"] is None:
            raise CommandError("Name the folder of the photos from elsewhere: --data DIR.")
        return samples.elsewhere(model, options["data"], options["samples"])
    images, labels = training.unseen(model.card, options["data"])
    rows = samples.spread(len(labels), options["samples"])
    return images[rows], labels[rows]


def _signs(model: "Model", images: "Floats", labels: "Labels", bounds: dict[str, Any]) -> "list[Sign]":
    from ml.evaluation import robustness, samples

    rows = samples.spread(len(labels), SIGN_IMAGES)
    return robustness.signs_of_masking(model, images[rows], labels[rows], **bounds)


def _figures(outcome: "Outcome", signs: "list[Sign] | None") -> dict[str, Any]:
    return {
        "samples": len(outcome.right),
        "clean_accuracy": outcome.clean_accuracy,
        "robust_accuracy": outcome.robust_accuracy,
        "attack_success": outcome.attack_success,
        "seconds": outcome.seconds,
        "fell_to": outcome.fallen(),
        "signs": None if signs is None else {sign.name: sign.figure for sign in signs},
    }


def _store(values: dict[str, Any], options: dict[str, Any]) -> None:
    """Put the figures into the card, in place of those of the same question."""
    from ml.evaluation.measurements import Measurement, read

    if values["epsilon"] is None or values["source"] or options["elsewhere"]:
        raise CommandError("--store keeps attacks with an ε and no second model, on the model's test images.")
    card = zoo.card(values["model"])
    parameters = registry.find(values["attack"]).parameters
    usual = {parameter.name: parameter.default for parameter in parameters}
    row = Measurement(
        attack=values["attack"],
        epsilon=values["epsilon"],
        norm=values["norm"],
        options={name: value for name, value in values["options"].items() if value != usual[name]},
        samples=values["samples"],
        seed=values["seed"],
        clean_accuracy=values["clean_accuracy"],
        accuracy=values["robust_accuracy"],
        seconds=round(values["seconds"], 1),
    )
    others = [each for each in card.robustness if read(each).question != row.question]
    found = dataclasses.replace(card, robustness=[*others, dataclasses.asdict(row)])
    if values["signs"] is not None:
        found = dataclasses.replace(found, signs=values["signs"])
    zoo.keep(found)


def _text(values: dict[str, Any]) -> str:
    from ml.evaluation.robustness import SIGNS

    bound = "" if values["epsilon"] is None else f" at {values['norm']} ε = {values['epsilon']:.4g}"
    fell = ", ".join(f"{name} {count}" for name, count in values["fell_to"].items())
    return "\n".join(
        [
            f"{values['model']} under {values['attack']}{bound}: {values['robust_accuracy']:.2%} right, "
            f"{values['clean_accuracy']:.2%} without it; attack success {values['attack_success']:.2%}; "
            f"{values['samples']} images, {values['seconds']:.0f} s",
            f"  fell to: {fell}",
            *(f"  warning: {SIGNS[name]} ({figure:.3g})" for name, figure in (values["signs"] or {}).items()),
        ]
    )
