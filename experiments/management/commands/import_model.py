"""`manage.py import_model FILE --name NAME ...`: a network that Keras saved whole, into the zoo's format."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand
from ml.architectures.keras_layers import RANGES


class Command(ModelCommand):
    help = "Make a model of the zoo (card.json, weights.h5) from a whole Keras model, .h5 or .keras."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="written by model.save()")
        parser.add_argument("--name", required=True, help="of the model in the zoo")
        parser.add_argument("--domain", required=True, choices=("photos", "digits"))
        parser.add_argument("--classes", required=True, metavar="A,B,...", help="in the order of the outputs")
        parser.add_argument(
            "--range",
            choices=tuple(RANGES),
            dest="pixels",
            help="of its pixels; without this 0..255 where a layer divides by 255, else 0..1",
        )
        parser.add_argument("--output", type=Path, metavar="DIR", help="EPSILON_ZOO_DIR/NAME by default")

    def handle(self, *arguments: Any, **options: Any) -> None:
        from ml.zoo import legacy

        folder = options["output"] or _own_zoo() / options["name"]
        if (folder / "card.json").exists():
            raise CommandError(f"There is a model in {folder} already: remove it, or choose another name.")
        model = legacy.import_file(
            options["file"],
            options["name"],
            domain=options["domain"],
            class_names=[name.strip() for name in options["classes"].split(",")],
            output=folder,
            pixels=options["pixels"],
        )
        card, pixels = model.card, model.card.options["pixels"]
        self.answer(
            {
                "name": card.name,
                "folder": str(folder),
                "parameters": card.parameters,
                "range": pixels,
                "weights_sha256": card.weights_sha256,
            },
            f"{card.name}: imported into {folder}, {card.parameters:,} parameters, pixels {pixels}.",
        )


def _own_zoo() -> Path:
    own = os.environ.get("EPSILON_ZOO_DIR")
    if not own:
        raise CommandError("Say where the model goes: --output DIR, or a zoo folder in EPSILON_ZOO_DIR.")
    return Path(own)
