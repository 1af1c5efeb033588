"""What a card says of attacks and corruptions, as sections of a report."""

from collections.abc import Mapping
from typing import Any

from ml.card import Card
from ml.evaluation import measurements
from ml.report.blocks import Row, Table
from ml.report.report import Report

ATTACKS = (
    "Share of the test images that are answered rightly, by their true labels, when each may change by up "
    "to ε. Attacks differ in strength: the lowest figure at an ε is the one to believe. Certified is proven."
)
CORRUPTIONS = (
    "Share of the test images that are answered rightly when they are spoilt. Some models learned from moves "
    "or noise like some of these. Photos have five strengths, from the weakest to the strongest."
)


def sections(page: Report, card: Card) -> None:
    """Add to `page` what was measured of the model of `card`; nothing where nothing was."""
    if card.robustness:
        page.section("Under attack", ATTACKS, _attacks(card))
    if card.corruptions:
        page.section("Under corruptions", CORRUPTIONS, _corruptions(card.corruptions))


def _attacks(card: Card) -> Table:
    rows: list[Row] = []
    for each in map(measurements.read, card.robustness):
        options = ", ".join(f"{name} {value}" for name, value in each.options.items())
        rows.append(
            [each.attack, options, each.norm, each.epsilon, each.samples, each.clean_accuracy, each.accuracy]
        )
    return Table(
        name="under-attack",
        title="Accuracy under attack",
        columns=("attack", "options", "norm", "ε", "images", "clean", "under attack"),
        rows=rows,
        formats={"ε": ".4g", "clean": ".2%", "under attack": ".2%"},
    )


def _corruptions(found: Mapping[str, Any]) -> Table:
    rows: list[Row] = [["mean", found["mean"], ""]]
    for name, value in found["accuracy"].items():
        several = value if isinstance(value, list) else [value]
        strengths = " · ".join(f"{each:.1%}" for each in several) if len(several) > 1 else ""
        rows.append([name, sum(several) / len(several), strengths])
    return Table(
        name="under-corruptions",
        title=f"Accuracy under corruptions, {found['images']:,} images each",
        columns=("corruption", "accuracy", "by strength"),
        rows=rows,
        formats={"accuracy": ".2%"},
    )
