"""`manage.py attack FILE... --model NAME --attack pgd --epsilon 8/255 --output DIR`: any attack on files."""

import math
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.management.base import CommandError

from classification_site.commands import answer_json, write
from experiments.attack_command import AttackCommand, chosen, described, read_epsilon
from ml import distances, epsilon, images, zoo
from ml.attacks import registry
from ml.attacks.eight_bit import eight_bit

if TYPE_CHECKING:
    from ml.images import Input, Pixels
    from ml.model import Model


class Command(AttackCommand):
    help = (
        "Attack image files, write 8-bit PNGs that stay within ε, and judge the files that were written. "
        "A refused file is named, the others go on, and the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--model", required=True, metavar="NAME")
        parser.add_argument("--epsilon", metavar="E", help="a decimal (0.03) or a fraction (8/255)")
        parser.add_argument("--target", metavar="CLASS", help="the class to reach; any other by default")
        parser.add_argument("--output", required=True, metavar="DIR", type=Path, help="for FILE-ATTACK.png")

    def handle(self, *arguments: Any, **options: Any) -> None:
        attack, norm = chosen(options)
        asked = written = read_epsilon(options["epsilon"], attack, norm, options["attack"])
        if asked is not None and norm == "linf":
            written = epsilon.file_steps(asked) / epsilon.LEVELS
        model = zoo.load(options["model"])
        target = None if options["target"] is None else model.label_of(options["target"])
        outputs = _outputs(options)
        seen = {file: found for file in options["files"] if (found := self.seen(model, file))}
        told = {
            "model": model.card.name,
            "weights_sha256": model.card.weights_sha256,
            **described(attack, options),
            "norm": norm,
            "epsilon": asked,
            "epsilon_written": written,
            "target": options["target"],
            "seed": options["seed"],
        }
        # What is learned from many images is learned from all of them.
        together = registry.find(options["attack"]).needs == "images"
        for group in [list(seen)] if together and seen else [[file] for file in seen]:
            started = time.perf_counter()
            pixels = np.stack([seen[file].image for file in group])
            batch = images.to_float(pixels)
            result = attack(model, batch, epsilon=written, norm=norm, target=target, seed=options["seed"])
            seconds = time.perf_counter() - started
            for file, image in zip(group, eight_bit(result, pixels), strict=True):
                write(outputs[file], images.encode_png(image))
                judged = _judged(model, seen[file], outputs[file], target)
                values = {"file": str(file), "output": str(outputs[file]), **told, **judged}
                self.answer({**values, "seconds": seconds}, _text(values))
        if refused := len(options["files"]) - len(seen):
            raise CommandError(f"{refused} of {len(options['files'])} files could not be attacked.")


def _outputs(options: dict[str, Any]) -> dict[Path, Path]:
    """Where each file's image goes.

    Raises:
        CommandError: two of them to one place.
    """
    files_ = dict.fromkeys(options["files"])
    places = {file: options["output"] / f"{file.stem}-{options['attack']}.png" for file in files_}
    if len(set(places.values())) < len(options["files"]):
        raise CommandError("Two files have the same name: attack them into different folders.")
    return places


def _judged(model: "Model", seen: "Input", path: Path, target: int | None) -> dict[str, Any]:
    """What the file on the disk is, judged as an upload would be."""
    again = images.to_input(images.decode(path.read_bytes()), model.card)
    before, after = model.answer(seen), model.answer(again)
    goal = None if target is None else model.class_names[target]
    distance = asdict(distances.between(seen.image, again.image))
    return {
        "before": answer_json(before),
        "after": answer_json(after),
        "success": after.class_name != before.class_name if goal is None else after.class_name == goal,
        **distance,
        # JSON has no infinity: equal images have no PSNR to state.
        "psnr": distance["psnr"] if math.isfinite(distance["psnr"]) else None,
        "changed_pixels": _changed(seen.image, again.image),
    }


def _changed(before: "Pixels", after: "Pixels") -> int:
    return int((before != after).any(axis=-1).sum())


def _text(values: dict[str, Any]) -> str:
    before, after = values["before"], values["after"]
    return (
        f"{values['file']}: {before['class']} {before['confidence']:.1%} → {after['class']} "
        f"{after['confidence']:.1%}, {'success' if values['success'] else 'no success'}; linf "
        f"{values['linf']:.4f}, l2 {values['l2']:.3f}, {values['changed_pixels']} pixels; "
        f"written to {values['output']}"
    )
