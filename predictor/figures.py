"""The figures of a model's card as people read them: with a name, a unit and the language's own commas."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# What the trainings measure; a figure without a name here is shown under its own key.
NAMES = {
    "test_accuracy": _("Clean accuracy"),
    "test_unsure": _("Called unsure"),
    "test_images": _("Test pictures"),
    "test_error": _("Wrong answers"),
    "validation_accuracy": _("Accuracy on the validation pictures"),
    "strangers_unsure": _("Strangers called unsure"),
    "strangers_images": _("Pictures of strangers"),
    "accuracy_by_class": _("Accuracy by class"),
    "accuracy_by_source": _("Accuracy by source"),
    "unsure_by_source": _("Called unsure by source"),
    "accuracy_by_kind": _("Accuracy by kind of digit"),
    "accuracy_by_noise": _("Accuracy by noise"),
    "mixed_accuracy": _("Accuracy on all kinds of digits"),
    "mixed_images": _("Test pictures of all kinds"),
    "plain": _("as they are"),
    "affine": _("turned, shifted and zoomed"),
    "imperfect": _("small, on a large sheet"),
    "kinds": _("Kinds of digits"),
    "name": _("Name"),
    "kind": _("Kind"),
    "training": _("Pictures to learn from"),
    "validation": _("Pictures to choose by"),
    "folder": _("Folder"),
    "shares": _("Shares to learn from, to choose by, to test with"),
    "sources": _("Measured for each source"),
    "strangers": _("Strangers never trained on"),
    "known": _("Known things never trained on"),
    "outliers": _("Strangers trained on"),
    "sha256": _("Training data (SHA-256)"),
}
UNSEEN = {
    "accuracy": _("Accuracy on a source never trained on, %(thing)s"),
    "unsure": _("Called unsure on a source never trained on, %(thing)s"),
}
# How a training was set up, where a key may mean something else than among what was measured.
SETTINGS = NAMES | {
    "start": _("Weights at the start"),
    "stages": _("Stages"),
    "epochs": _("Epochs"),
    "warm_up": _("Share of the steps in which the learning rate rises"),
    "weight_decay": _("Weight decay"),
    "precision": _("Precision of the arithmetic"),
    "batch_size": _("Pictures in a batch"),
    "photos": _("Photos in a batch"),
    "strangers": _("Strangers in a batch"),
    "stranger_weight": _("Weight of the strangers"),
    "learning_rate": _("Learning rate"),
    "patience": _("Patience, in epochs"),
    "side": _("Side of the pictures, in pixels"),
    "first": _("First layer that learns"),
    "share": _("Share of pictures that are varied"),
    "turn_degrees": _("Turn, in degrees"),
    "shear": _("Slant"),
    "scale": _("Scale"),
    "shift_pixels": _("Shift, in pixels"),
    "whole_pixels": _("Shift by whole pixels only"),
    "perspective": _("Perspective"),
    "thickness": _("Thickness"),
    "blur": _("Blur"),
    "contrast": _("Contrast"),
    "deskewed": _("deskewed"),
    "fit_seconds": _("Seconds to fit"),
    "seconds": _("Seconds of training"),
    "hardware": _("Machine"),
    "strength": _("Strength of the penalty"),
    "most_steps": _("Steps at most"),
    "neighbours": _("Neighbours"),
    "trees": _("Trees"),
    "tried": _("Pixels tried at each split"),
    "criterion": _("Criterion"),
    "leaf": _("Pictures in a leaf at least"),
    "c": _("Cost of a wrong side, C"),
    "gamma": _("Width of the kernel, gamma"),
    "temperature": _("Temperature"),
}
# Counts and settings stay numbers although some are below 1.
SHARES = ("accuracy", "unsure", "share", "error", "auroc")


@dataclass(frozen=True)
class Figure:
    key: str
    name: str
    text: str


def percent(share: float) -> str:
    """`99.35 %`, in the current language."""
    shown = number_format(round(100 * share, 2), decimal_pos=2)
    return f"{shown}\N{NARROW NO-BREAK SPACE}%"


def written(key: str, value: Any) -> str:
    """One value of a card, as text."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float) and any(word in key for word in SHARES) and 0 <= value <= 1:
        return percent(value)
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    if isinstance(value, float):
        return number_format(f"{value:.6g}")
    if isinstance(value, list | tuple):
        return ", ".join(written(key, item) for item in value)
    return str(value)


def name_of(key: str, names: Mapping[str, Any] = NAMES) -> str:
    """What a figure is called."""
    unseen = re.fullmatch(r"unseen_(\w+)_(accuracy|unsure)", key)
    if unseen:
        return UNSEEN[unseen[2]] % {"thing": unseen[1]}
    return str(names.get(key) or key.replace("_", " "))


def group(name: str) -> str:
    """What stands before the names of a group's figures; French has a space before its colon."""
    return gettext("%(group)s:") % {"group": name} + " "


def figures(
    values: Mapping[str, Any], prefix: str = "", path: str = "", names: Mapping[str, Any] = NAMES
) -> Iterator[Figure]:
    """Every value of a part of a card, the nested ones under "outer: inner"; curves are left out."""
    for key, value in values.items():
        name, full = f"{prefix}{name_of(key, names)}", f"{path}{key}"
        if key == "history":
            continue
        if isinstance(value, Mapping):
            yield from figures(value, group(name), f"{full}.", names)
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            for number, item in enumerate(value, 1):
                rest = {inner: what for inner, what in item.items() if inner != "name"}
                inside = group(f"{group(name)}{item.get('name', number)}")
                yield from figures(rest, inside, f"{full}.", names)
        else:
            yield Figure(key, name, written(full, value))
