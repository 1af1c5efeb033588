"""What the page of a model says about its detector, all read from the detector's card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ml import zoo
from ml.attacks import registry
from ml.card import Card
from ml.defences.detection import CARD, DetectorCard, read_card
from ml.errors import EpsilonError
from ml.report import Lines
from predictor import drawings
from predictor.drawings import drawn

# What a recipe of a detector calls otherwise than the registry of attacks does: an attack cut short.
SHORT = {"cw": "carlini-wagner"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One attack as the page shows it; `found` are its figures, of which those of no pictures are missing."""

    name: str
    bound: str
    found: Mapping[str, Any]

    @property
    def worst(self) -> float:
        """What the rows are ordered by: the AUROC of what fooled the model, or else of all."""
        return float(self.found.get("auroc", self.found.get("auroc_all", 1.0)))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A detector on its model's page: rows with the worst first, those of who knows the detector apart, and
    those of each further kind of images.
    """

    card: DetectorCard
    rows: list[Row]
    further: dict[str, list[Row]]
    aware: list[Row]
    curve: SafeString | None


def shown(card: Card) -> Shown | None:
    """The detector of a model; None where it has none, or one that is damaged or of other weights."""
    folder = zoo.folder(card.name)
    if not (folder / CARD).is_file():
        return None
    try:
        found = read_card(folder)
    except EpsilonError:
        return None
    if found.weights_sha256 != card.weights_sha256:
        return None
    known, aware = found.figures.get("attacks", {}), found.figures.get("aware", {})
    return Shown(
        card=found,
        rows=_rows(known, card),
        further={kind: _rows(each, card) for kind, each in found.figures.get("attacks_by_kind", {}).items()},
        aware=_rows({f"pgd {key}": values for key, values in aware.items()}, card),
        curve=_curve(known, aware),
    )


def _rows(known: Mapping[str, Mapping[str, Any]], card: Card) -> list[Row]:
    """The worst first."""
    return sorted((_row(key, values, card) for key, values in known.items()), key=lambda row: row.worst)


def _row(key: str, values: Mapping[str, Any], card: Card) -> Row:
    name, size = _parted(key)
    bound = gettext("in a few steps") if name in SHORT else _bound(size, card)
    return Row(name=_title(name), bound=bound, found=values)


def _parted(key: str) -> tuple[str, float | None]:
    """`fgsm ε=0.1` is an attack with its ε; `deepfool` has none."""
    name, _, size = key.partition(" ε=")
    return name, float(size) if size else None


def _title(name: str) -> str:
    return gettext(registry.find(SHORT.get(name, name)).title)


def _bound(size: float | None, card: Card) -> str:
    return gettext("its own smallest") if size is None else drawings.bound(size, "linf", card)


def _curve(known: Mapping[str, Any], aware: Mapping[str, Any]) -> SafeString | None:
    """AUROC of all attacked pictures against ε, a line for each attack that was measured at several."""
    series: dict[str, list[tuple[float, float]]] = {}
    for key, values in known.items():
        name, size = _parted(key)
        if size is not None and "auroc_all" in values:
            series.setdefault(_title(name), []).append((size, values["auroc_all"]))
    for key, values in aware.items():
        _, size = _parted(f"pgd {key}")
        if size is not None and "auroc_all" in values:
            series.setdefault(gettext("by who knows the detector"), []).append((size, values["auroc_all"]))
    several = {name: sorted(points) for name, points in series.items() if len(points) > 1}
    if not several:
        return None
    block = Lines(name="detector", title=gettext("Told apart"), x="ε", y="AUROC", series=several)
    return drawn(block)
