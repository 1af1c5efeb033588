"""The tables of recipes of the kind `noisy-digits`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ml.errors import OptionRefused, sentence
from ml.training.recipe import Recipe

Form = TypeVar("Form")


@dataclass(frozen=True, kw_only=True)
class Data:
    """Digits of MNIST under `noise` at `level`, unless noisy arrays are given; see `ml.datasets.noise`.

    `validation` is the share of the training images that is held out to choose by.
    """

    validation: float
    noise: str
    level: float


@dataclass(frozen=True, kw_only=True)
class Network:
    """One of the networks that are compared.

    Without a `family` it is that of the recipe's `[architecture]`. With `cosine` the learning rate rises over
    the first tenth of the steps and a cosine takes it to 0; without, it stays. With `fresh` every epoch draws
    its noise and its variations anew; without, noise is drawn once. `at_least` is the accuracy asked for.
    """

    title: str
    learning_rate: float
    family: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    cosine: bool = False
    fresh: bool = False
    weight_decay: float = 0.0
    at_least: float | None = None


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model for the zoo: the network `network` trained on MNIST's digits under several noises.

    A share `clean` of every batch stays without noise, the rest draws one of `highest` (the highest level of
    each kind) and a level up to that. `notes` and `limits` are texts of its card.
    """

    title: str
    network: str
    clean: float
    highest: Mapping[str, float]
    notes: str
    limits: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Training:
    """`seeds` trainings of each of `networks`, `epochs` long; then `models`, each `model_epochs` long.

    `variation` (`ml.training.digits.handwriting`) is how far digits are moved where a network draws anew.
    """

    epochs: int
    model_epochs: int
    batch_size: int
    seeds: int
    variation: Mapping[str, float]
    networks: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """`folds` of `fold_images` training images for each of `fold_networks`; levels of each of `noises`.

    Tests with a p below `significance` are called significant.

    `unsure_share` of the validation digits, those of the lowest confidence, set a model's unsure threshold.
    """

    folds: int
    fold_networks: tuple[str, ...]
    fold_images: int
    noises: Mapping[str, tuple[float, ...]]
    significance: float
    unsure_share: float


def nested(recipe: Recipe, values: Mapping[str, Any], form: type[Form]) -> Form:
    """Fill the dataclass `form` from a table inside `[training]`, as `Recipe.read` does."""
    return dataclasses.replace(recipe, training=values).read("training", form)


def networks(recipe: Recipe) -> dict[str, Network]:
    """The networks that are compared, by their keys."""
    tables = recipe.read("training", Training).networks
    return {name: nested(recipe, values, Network) for name, values in tables.items()}


def models(recipe: Recipe) -> dict[str, Model]:
    """The models for the zoo, by their names.

    Raises:
        OptionRefused: one that is trained from a network that the recipe does not have.
    """
    training = recipe.read("training", Training)
    found = {name: nested(recipe, values, Model) for name, values in training.models.items()}
    for name, model in found.items():
        if model.network not in training.networks:
            raise OptionRefused(
                sentence("The model %(name)s names a network %(network)s that the recipe does not have."),
                name=name,
                network=model.network,
            )
    return found


def fold_networks(recipe: Recipe) -> tuple[str, ...]:
    """The networks that are cross-validated.

    Raises:
        OptionRefused: one that the recipe does not have.
    """
    chosen = recipe.read("evaluation", Evaluation).fold_networks
    for name in chosen:
        if name not in recipe.read("training", Training).networks:
            raise OptionRefused(
                sentence("The folds name a network %(network)s that the recipe does not have."), network=name
            )
    return chosen


def architecture(recipe: Recipe, network: Network) -> dict[str, Any]:
    """`family` and options of a network, as the table `[architecture]` of a recipe holds them."""
    if not network.family:
        return dict(recipe.architecture)
    return {"family": network.family, **network.options}
