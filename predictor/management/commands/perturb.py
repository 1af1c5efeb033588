"""`manage.py perturb FILE --model NAME --epsilon 8/255 --output OUT.png`: FGSM on one file."""

import math
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand, answer_json, write
from ml import compose, distances, epsilon, images, zoo


class Command(ModelCommand):
    help = "Perturb one image by FGSM, write the PNG, and judge the file that was written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--model", required=True, metavar="NAME")
        parser.add_argument("--epsilon", required=True, help="a decimal (0.03) or a fraction (8/255)")
        parser.add_argument("--target", metavar="CLASS", help="the class to reach; any other by default")
        parser.add_argument("--output", required=True, metavar="OUT.png", type=Path)

    def handle(self, *arguments: Any, **options: Any) -> None:
        asked = epsilon.parse(options["epsilon"])
        steps = epsilon.file_steps(asked)
        model = zoo.load(options["model"])
        target = None if options["target"] is None else model.label_of(options["target"])
        seen = images.to_input(images.decode(_read(options["file"])), model.card)
        _, sign = model.sign_map(seen.image, target=target)
        perturbed = compose.perturb(seen.image, sign, steps)
        write(options["output"], images.encode_png(perturbed))
        # Judged as an upload would be: from the bytes on the disk.
        again = images.to_input(images.decode(_read(options["output"])), model.card)
        flip = model.flip_steps(seen.image, target=target)
        distance = asdict(distances.between(seen.image, again.image))
        values = {
            "file": options["file"],
            "output": str(options["output"]),
            "model": model.card.name,
            "before": answer_json(model.answer(seen)),
            "after": answer_json(model.answer(again)),
            "epsilon": asked,
            "epsilon_written": steps / epsilon.LEVELS,
            **distance,
            # JSON has no infinity: equal images have no PSNR to state.
            "psnr": distance["psnr"] if math.isfinite(distance["psnr"]) else None,
            "flip_epsilon": None if flip is None else flip / epsilon.LEVELS,
        }
        self.answer(values, _text(values, steps, flip))


def _read(file: str | Path) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror or error}.") from error


def _text(values: dict[str, Any], steps: int, flip: int | None) -> str:
    before, after = values["before"], values["after"]
    flips = f"flips at ε = {epsilon.text(flip)}" if flip else "no ε up to 255/255 changes the answer"
    return (
        f"{before['class']} {before['confidence']:.1%} → {after['class']} {after['confidence']:.1%} "
        f"at ε = {epsilon.text(steps)} ({flips}); written to {values['output']}"
    )
