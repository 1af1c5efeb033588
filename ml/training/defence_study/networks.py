"""The networks of the study: one architecture, trained without a defence, with each, and with all."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from ml import architectures
from ml.classifier import Classifier
from ml.datasets import mnist
from ml.images import to_float
from ml.training import result
from ml.training.defended import Defence, defended
from ml.training.fit import fit
from ml.training.recipe import Recipe
from ml.training.shuffled import Shuffled


@dataclass(frozen=True, kw_only=True)
class Training:
    """The trainings are alike but for what `variants` say of each (`Variant`); `seeds` networks of each."""

    epochs: int
    batch_size: int
    learning_rate: float
    seeds: int
    variants: dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What one variant does: `dropout` in the network, `l2` as the penalty on the squares of all kernels,
    `label_smoothing` of the targets, and the table `defence` of `ml.training.defended`.
    """

    title: str
    dropout: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    defence: dict[str, Any] = field(default_factory=dict)


def variant(recipe: Recipe, how: Training, name: str) -> Variant:
    """The variant `name`, checked.

    Raises:
        OptionRefused: a key that variants do not have, or a value of another type.
    """
    return dataclasses.replace(recipe, training=how.variants[name]).read("training", Variant)


def fitted(
    name: str,
    recipe: Recipe,
    how: Training,
    learning: mnist.Split,
    *,
    epochs: int | None,
    folder: Path,
    resume: bool,
    seed: int,
) -> Classifier:
    """The trained network of the variant `name`."""
    chosen, epochs = variant(recipe, how, name), min(epochs or how.epochs, how.epochs)
    keras.utils.set_random_seed(seed)
    network = architectures.build(recipe.family, **recipe.options, dropout=chosen.dropout)
    for layer in network.layers:
        if chosen.l2 and hasattr(layer, "kernel"):
            layer.kernel.regularizer = keras.regularizers.L2(chosen.l2)
    steps = epochs * -(-len(learning.labels) // how.batch_size)
    learner = network
    if chosen.defence:
        table = dataclasses.replace(recipe, defence=chosen.defence).read("defence", Defence)
        learner = defended(network, table, steps=steps, seed=seed)
    learner.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(how.learning_rate, steps)),
        Smoothed(chosen.label_smoothing),
        jit_compile=False,  # XLA's convolutions are several times slower on a CPU
    )
    fit(
        learner,
        Shuffled(to_float(learning.images), learning.labels, how.batch_size, seed),
        epochs=epochs,
        folder=folder,
        seed=seed,
        resume=resume,
        description=f"{name}, seed {seed}",
    )
    card = result.working_card(
        network, family=recipe.family, options=recipe.options, class_names=mnist.CLASSES, seed=seed
    )
    return Classifier(network, card)


class Smoothed(keras.losses.Loss):  # type: ignore[misc]  # Keras ships no types
    """Cross-entropy of logits with whole labels of which `share` is spread evenly over all classes."""

    def __init__(self, share: float) -> None:
        super().__init__(name="cross_entropy")
        self.share = share

    def call(self, labels: Any, logits: Any) -> Any:
        ones = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), logits.shape[-1])
        return keras.losses.categorical_crossentropy(
            ones, logits, from_logits=True, label_smoothing=self.share
        )
