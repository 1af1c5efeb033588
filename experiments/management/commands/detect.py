"""`manage.py detect FILE... --model NAME`: whether files look tampered with, by the model's detector."""

from argparse import ArgumentParser
from functools import partial
from typing import TYPE_CHECKING, Any

from classification_site.commands import ModelCommand
from ml import images, zoo
from ml.errors import ModelUnavailable, sentence

if TYPE_CHECKING:
    from ml.defences.detection import Detector


class Command(ModelCommand):
    help = (
        "Score how much image files look tampered with, from 0 to 1. A refused file is named, the others go "
        "on, and the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--model", required=True, metavar="NAME")

    def handle(self, *arguments: Any, **options: Any) -> None:
        from ml.defences import detection

        detector = detection.load(zoo.load(options["model"]))
        if detector is None:
            raise ModelUnavailable(sentence("The model “%(name)s” has no detector."), name=options["model"])
        self.each(partial(self._detect, detector), options["files"], "looked at")

    def _detect(self, detector: "Detector", file: str) -> bool:
        seen = self.seen(detector.model, file)
        if seen is None:
            return False
        (verdict,) = detector.verdict(images.to_float(seen.image)[None])
        values = {
            "file": file,
            "score": verdict.score,
            "threshold": detector.threshold,
            "tampered": verdict.tampered,
        }
        word = "looks tampered with" if verdict.tampered else "nothing suspicious"
        self.answer(values, f"{file}: {word}, score {verdict.score:.4f} (threshold {detector.threshold:.4f})")
        return True
