"""`manage.py corruptions MODEL`: accuracy on test images that were spoilt as life spoils them."""

import dataclasses
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classification_site.commands import ModelCommand, samples_check
from ml import training, zoo
from ml.datasets.corruptions import SUITES
from ml.errors import OptionRefused, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.evaluation.robustness import Labels
    from ml.model import Floats, Model


class Command(ModelCommand):
    help = (
        "Measure accuracy under the corruptions of MNIST-C (digits) or ImageNet-C (photos, five strengths"
        " each), the hardest first. Several models are asked about the same spoilt images."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("models", nargs="+", metavar="MODEL")
        parser.add_argument(
            "--samples", type=int, default=0, metavar="N", help="test images, evenly chosen; 0 takes all"
        )
        parser.add_argument("--seed", type=int, default=0, metavar="N")
        parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data")
        parser.add_argument(
            "--output", type=Path, metavar="DIR", help="keep what is finished; the same command goes on"
        )
        parser.add_argument("--store", action="store_true", help="write the figures into the model's card")

    def handle(self, *arguments: Any, **options: Any) -> None:
        from ml.evaluation import measurements

        samples_check(options["samples"])
        models = [zoo.load(name) for name in options["models"]]
        images, labels = _shared(models, options["data"])
        tables = measurements.corrupted(
            models,
            images,
            labels,
            samples=options["samples"],
            seed=options["seed"],
            folder=options["output"],
        )
        for model, found in zip(models, tables, strict=True):
            name = model.card.name
            if options["store"]:
                zoo.keep(dataclasses.replace(zoo.card(name), corruptions=found))
            self.answer({"model": name, **found}, _text(name, found))


def _shared(models: "Sequence[Model]", data: Path | None) -> "tuple[Floats, Labels]":
    """The images that none of the models learned from, which must be the same for all."""
    images, labels = training.unseen(models[0].card, data)
    for model in models[1:]:
        others, theirs = training.unseen(model.card, data)
        if not (np.array_equal(others, images) and np.array_equal(theirs, labels)):
            raise OptionRefused(
                sentence("“%(one)s” and “%(other)s” have other test images: measure them one by one."),
                one=models[0].card.name,
                other=model.card.name,
            )
    return images, labels


def _text(name: str, found: dict[str, Any]) -> str:
    suite = SUITES[found["suite"]]
    several = {
        name: values if isinstance(values, list) else [values] for name, values in found["accuracy"].items()
    }
    lines = [f"{name}: mean {found['mean']:.2%} of {found['images']} test images under each corruption"]
    for each in sorted(several, key=lambda each: sum(several[each]) / len(several[each])):
        shown = "  ".join(f"{value:.1%}" for value in several[each])
        lines.append(f"  {suite[each].title!s:20} {shown}")
    return "\n".join(lines)
