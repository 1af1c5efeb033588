"""`manage.py verify NAME`: measure a model again, from pixels, and compare with its card."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from classification_site.commands import ModelCommand
from ml import training, zoo
from ml.card import Card
from ml.evaluation import measurements

TOLERANCE = 0.002
# Attacks on a whole test set can take an hour.
LONG = 300


class Command(ModelCommand):
    help = "Measure a model again; exit 1 when a figure is more than 0.2 points off its card."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data")
        parser.add_argument(
            "--full", action="store_true", help=f"also attacks that took more than {LONG} seconds"
        )
        parser.add_argument(
            "--detector", action="store_true", help="its detector instead of the model itself"
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        name, data = options["name"], options["data"]
        if options["detector"]:
            stated, measured = self._detector(name, data)
        else:
            stated, measured = self._model(name, data, options["full"])
        wrong = 0
        for figure, value in measured.items():
            said = stated.get(figure)
            holds = said is not None and abs(said - value) <= TOLERANCE
            wrong += not holds
            values = {"figure": figure, "card": said, "measured": value, "holds": holds}
            text = f"{'ok ' if holds else 'OFF'} {figure:40} card {_shown(said)}  measured {_shown(value)}"
            self.answer(values, text)
        for figure in sorted(stated.keys() - measured.keys()):
            self.stderr.write(f"not measured again: {figure}")
        if wrong or not measured:
            self.stderr.write(f"{name}: {wrong} of {len(measured)} figures do not hold.")
            sys.exit(1)

    def _model(self, name: str, data: Path | None, full: bool) -> tuple[dict[str, float], dict[str, float]]:
        """What the card of the model says, and the same measured again."""
        card = zoo.card(name)
        stated, again = dict(_figures(card.metrics)), dict(_figures(training.measure(name, data)))
        hard, hard_again = self._under_attack(card, data, full)
        return stated | hard, again | hard_again

    def _detector(self, name: str, data: Path | None) -> tuple[dict[str, float], dict[str, float]]:
        """What the card of the model's detector says, and the same measured again."""
        from ml.defences.detection import read_card
        from ml.training.detector import run as detector

        found = detector.measure(name, data)
        return dict(_figures(read_card(zoo.folder(name)).figures)), dict(_figures(found))

    def _under_attack(
        self, card: Card, data: Path | None, full: bool
    ) -> tuple[dict[str, float], dict[str, float]]:
        """What the card says of attacks and corruptions, and the same measured again where it is not long."""
        stated: dict[str, float] = {}
        again: dict[str, float] = {}
        if not (card.robustness or card.corruptions):
            return stated, again
        model, (images, labels) = zoo.load(card.name), training.unseen(card, data)
        for row in map(measurements.read, card.robustness):
            stated[row.title] = row.accuracy or 0.0
            if full or (row.seconds or 0) <= LONG:
                again[row.title] = measurements.measured(row, model, images, labels).accuracy or 0.0
        if card.corruptions:
            said = card.corruptions
            stated |= _figures(_by_corruption(said))
            if full or said["seconds"] <= LONG:
                (found,) = measurements.corrupted(
                    [model], images, labels, samples=said["images"], seed=said["seed"]
                )
                again |= _figures(_by_corruption(found))
        return stated, again


def _by_corruption(values: dict[str, Any]) -> dict[str, Any]:
    """Means over the severities, under names of their own."""
    means = {name: float(np.mean(figures)) for name, figures in values["accuracy"].items()}
    return {"corruptions": {"mean": values["mean"], **means}}


def _figures(metrics: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Every number of nested metrics, by its dotted name."""
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _figures(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield prefix + name, float(value)


def _shown(value: float | None) -> str:
    return "      -" if value is None else f"{value:.4f}".rjust(7)
