"""The end of every training: weights and card, written together into one folder."""

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from ml import files
from ml.card import Card, Domain, UnsureRule
from ml.classifier import Classifier
from ml.report.facts import cores, processor
from ml.training.fit import seconds
from ml.training.recipe import Recipe
from ml.version import TENSORFLOW, VERSION, installed
from ml.zoo import CARD, WEIGHTS, weights


@dataclasses.dataclass(frozen=True, kw_only=True)
class CardTexts:
    """The `[card]` table of a recipe: what a person says about the model."""

    provenance: str
    licence: str
    notes: str = ""
    limits: tuple[str, ...] = ()


def store_weights(
    folder: Path,
    network: keras.Model,
    recipe: Recipe,
    *,
    domain: Domain,
    class_names: list[str],
    seed: int,
    data: dict[str, Any],
    training: dict[str, Any],
    command: str | None = None,
) -> Classifier:
    """Write the weights and give the classifier that they make, rounded as they are in the file.

    What is measured afterwards is therefore what is shipped. The card still lacks figures: see `store_card`.
    """
    digest = weights.write(network, folder / WEIGHTS)
    weights.read_into(network, folder / WEIGHTS)
    card = new_card(
        recipe,
        domain=domain,
        class_names=class_names,
        input_shape=tuple(network.input_shape[1:]),
        parameters=network.count_params(),
        weights_sha256=digest,
        seed=seed,
        data=data,
        training=training,
        command=command,
        versions={
            "epsilon": VERSION,
            "keras": keras.__version__,
            "tensorflow": installed(*TENSORFLOW) or "unknown",
        },
    )
    return Classifier(network, card)


def new_card(
    recipe: Recipe,
    *,
    domain: Domain,
    class_names: list[str],
    input_shape: tuple[int, int, int],
    parameters: int,
    weights_sha256: str,
    seed: int,
    data: dict[str, Any],
    training: dict[str, Any],
    versions: dict[str, str],
    command: str | None = None,
) -> Card:
    """The card of a model that `recipe` made, still without figures.

    `data` is completed by the recipe's kind, by which `ml.training.measure` finds who measures the model.
    """
    texts = recipe.read("card", CardTexts)
    return Card(
        name=recipe.name,
        title=recipe.title,
        domain=domain,
        architecture=recipe.family,
        options=recipe.options,
        class_names=class_names,
        input_shape=input_shape,
        parameters=parameters,
        weights_sha256=weights_sha256,
        unsure=UnsureRule(),
        metrics={},
        confusion_matrix=[],
        data={"kind": recipe.kind, **data},
        provenance=texts.provenance,
        licence=texts.licence,
        seed=seed,
        command=command or f"python manage.py recipe run {recipe.name}",
        trained_on=datetime.datetime.now(datetime.UTC).date().isoformat(),
        versions=versions,
        training=training,
        notes=texts.notes,
        limits=list(texts.limits),
    )


def defence_of(recipe: Recipe) -> dict[str, Any]:
    """What the card's `training` says of the recipe's defence, if it has one."""
    return {"defence": dict(recipe.defence)} if recipe.defence else {}


def effort(checkpoints: Path) -> dict[str, Any]:
    """What the card's `training` says of the time that the epochs took, and of the machine."""
    count = cores()
    return {
        "seconds": seconds(checkpoints),
        "hardware": f"{processor()}, {count} core{'' if count == 1 else 's'}",
    }


def working_card(
    network: keras.Model, *, family: str, options: dict[str, Any], class_names: Sequence[str], seed: int
) -> Card:
    """What a `Classifier` must know of a network that stays in its run; this card is written nowhere."""
    height, width, channels = network.input_shape[1:]
    return Card(
        name=family,
        title="A network of this run",
        domain="digits" if channels == 1 else "photos",
        architecture=family,
        options=options,
        class_names=list(class_names),
        input_shape=(height, width, channels),
        parameters=network.count_params(),
        weights_sha256="",
        unsure=UnsureRule(),
        metrics={},
        confusion_matrix=[],
        data={},
        provenance="",
        licence="",
        seed=seed,
        command="",
        trained_on="",
    )


def store_card(folder: Path, card: Card, **figures: Any) -> Card:
    """Write `card` with its figures (`unsure`, `metrics`, `confusion_matrix`); the model is then complete."""
    finished = dataclasses.replace(card, **figures)
    files.write_text(folder / CARD, finished.to_json())
    return finished
