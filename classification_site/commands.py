"""What the commands share: `--json` prints one object per line and nothing else on standard output."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ml.errors import EpsilonError
from ml.verdict import Verdict


def answer_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the commands print it."""
    return {
        "class": verdict.class_name,
        "confidence": verdict.confidence,
        "unsure": verdict.unsure,
        "probabilities": verdict.probabilities,
    }


class ModelCommand(BaseCommand):
    """A command over `ml`: its errors are one sentence, its answers a line of text or of JSON."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object per line")

    def answer(self, values: dict[str, Any], text: str) -> None:
        """Print `values` as a line of JSON when asked for, else `text`."""
        self.stdout.write(json.dumps(values, ensure_ascii=False) if self._json else text)

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        self._json = bool(options.get("json"))
        try:
            return super().execute(*arguments, **options)
        except EpsilonError as error:
            raise CommandError(str(error)) from error
