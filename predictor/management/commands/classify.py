"""`manage.py classify FILE... --model NAME`: the answer for each file."""

import time
from argparse import ArgumentParser
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from classification_site.commands import ModelCommand, answer_json
from ml import zoo

if TYPE_CHECKING:
    from ml.model import Model


class Command(ModelCommand):
    help = "Classify image files. A refused file is named, the others go on, and the exit code is 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--model", required=True, metavar="NAME")

    def handle(self, *arguments: Any, **options: Any) -> None:
        model = zoo.load(options["model"])
        # Compiled before the clock of the first file starts.
        model.logits(np.zeros((1, *model.input_shape), np.float32))
        self.each(partial(self._classify, model), options["files"], "classified")

    def _classify(self, model: "Model", file: str) -> bool:
        start = time.perf_counter()
        seen = self.seen(model, file)
        if seen is None:
            return False
        verdict = model.answer(seen)
        values = {
            "file": file,
            **answer_json(verdict),
            "seconds": time.perf_counter() - start,
        }
        doubt = "  (unsure)" if verdict.unsure else ""
        self.answer(values, f"{file}: {verdict.class_name} {verdict.confidence:.1%}{doubt}")
        return True
