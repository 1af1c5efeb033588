"""`manage.py verify NAME`: measure a model again, from pixels, and compare with its card."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classification_site.commands import ModelCommand
from ml import training, zoo

TOLERANCE = 0.002


class Command(ModelCommand):
    help = "Measure a model again; exit 1 when a figure is more than 0.2 points off its card."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data")

    def handle(self, *arguments: Any, **options: Any) -> None:
        stated = dict(_figures(zoo.card(options["name"]).metrics))
        measured = dict(_figures(training.measure(options["name"], options["data"])))
        wrong = 0
        for figure, value in measured.items():
            card = stated.get(figure)
            holds = card is not None and abs(card - value) <= TOLERANCE
            wrong += not holds
            values = {"figure": figure, "card": card, "measured": value, "holds": holds}
            text = f"{'ok ' if holds else 'OFF'} {figure:40} card {_shown(card)}  measured {_shown(value)}"
            self.answer(values, text)
        for figure in stated.keys() - measured.keys():
            self.stderr.write(f"not measured again: {figure}")
        if wrong or not measured:
            self.stderr.write(f"{options['name']}: {wrong} of {len(measured)} figures do not hold.")
            sys.exit(1)


def _figures(metrics: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Every number of nested metrics, by its dotted name."""
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _figures(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield prefix + name, float(value)


def _shown(value: float | None) -> str:
    return "      -" if value is None else f"{value:.4f}".rjust(7)
