"""`manage.py export NAME --output X.keras`: the plain network for other tools."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand
from ml import zoo


class Command(ModelCommand):
    help = "Write the plain Keras network: images in [0, 1] in, logits out, float32, no custom layer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--output", required=True, metavar="X.keras", type=Path)

    def handle(self, *arguments: Any, **options: Any) -> None:
        output: Path = options["output"]
        if output.suffix != ".keras":
            raise CommandError("The output file must end in .keras.")
        model = zoo.load(options["name"])
        try:
            model.network.save(output)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror or error}.") from error
        size = output.stat().st_size
        self.answer(
            {"name": model.card.name, "output": str(output), "bytes": size},
            f"{model.card.name}: {size:,} bytes written to {output}",
        )
