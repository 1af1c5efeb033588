"""`manage.py corruptions MODEL`: accuracy on test images that were spoilt as life spoils them."""

import dataclasses
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from classification_site.commands import ModelCommand
from ml import files, training, zoo
from ml.datasets.corruptions import SUITES


class Command(ModelCommand):
    help = (
        "Measure accuracy under the corruptions of MNIST-C (digits) or ImageNet-C (photos, five strengths"
        " each), the hardest first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("model", metavar="MODEL")
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

        model = zoo.load(options["model"])
        images, labels = training.unseen(model.card, options["data"])
        found = measurements.corrupted(
            model,
            images,
            labels,
            samples=options["samples"],
            seed=options["seed"],
            folder=options["output"],
        )
        if options["store"]:
            card = dataclasses.replace(zoo.card(model.card.name), corruptions=found)
            files.write_text(zoo.folder(model.card.name) / zoo.CARD, card.to_json())
        self.answer({"model": model.card.name, **found}, _text(found))


def _text(found: dict[str, Any]) -> str:
    suite = SUITES[found["suite"]]
    several = {
        name: values if isinstance(values, list) else [values] for name, values in found["accuracy"].items()
    }
    lines = [f"mean {found['mean']:.2%} of {found['images']} test images under each corruption"]
    for name in sorted(several, key=lambda each: sum(several[each]) / len(several[each])):
        shown = "  ".join(f"{value:.1%}" for value in several[name])
        lines.append(f"  {suite[name].title!s:20} {shown}")
    return "\n".join(lines)
